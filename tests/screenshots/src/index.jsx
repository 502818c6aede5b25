import { createApp } from '@backstage/frontend-defaults';
import apiDocs from '@backstage/plugin-api-docs/alpha';
import auth from '@backstage/plugin-auth';
import catalog from '@backstage/plugin-catalog/alpha';
import graph from '@backstage/plugin-catalog-graph/alpha';
import org from '@backstage/plugin-org/alpha';
import scaffolder from '@backstage/plugin-scaffolder/alpha';
import '@backstage/ui/css/styles.css';
import ReactDOM from 'react-dom/client';

const app = createApp({ features: [apiDocs, auth, catalog, graph, org, scaffolder] });
ReactDOM.createRoot(document.getElementById('root')).render(app.createRoot());
