// Command ingress replaces Knative Serving's networking layer (Kourier, Istio): it marks every Ingress of its
// class as ready and proxies requests by host name to the Services that the Ingress names. Serving, activator and
// autoscaler do the rest, scaling to zero included.
package main

import (
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"time"
)

const healthPath = "/healthz-ingress"

func main() {
	cluster, err := inCluster()
	if err != nil {
		log.Fatalf("no access to the API server: %v", err)
	}
	routes := newRoutes()
	go follow(cluster, routes)
	log.Fatal(http.ListenAndServe(":8080", handler(routes)))
}

func handler(routes *routes) http.Handler {
	proxy := &httputil.ReverseProxy{
		// A kept connection would go on to a pod after its Service has moved to the activator.
		Transport: &http.Transport{DisableKeepAlives: true, DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext},
		Rewrite: func(request *httputil.ProxyRequest) {
			if route, split := routes.find(request.In); route != nil {
				forward(request, route, split)
			}
		},
	}
	return http.HandlerFunc(func(response http.ResponseWriter, request *http.Request) {
		if request.URL.Path == healthPath {
			return
		}
		if route, _ := routes.find(request); route == nil {
			http.Error(response, "no route for "+request.Host, http.StatusNotFound)
			return
		}
		proxy.ServeHTTP(response, request)
	})
}

func forward(request *httputil.ProxyRequest, route *path, split *split) {
	request.SetXForwarded()
	request.SetURL(&url.URL{Scheme: "http", Host: split.address()})
	request.Out.Host = request.In.Host
	if route.RewriteHost != "" {
		request.Out.Host = route.RewriteHost
	}
	for _, headers := range []map[string]string{route.AppendHeaders, split.AppendHeaders} {
		for name, value := range headers {
			request.Out.Header.Set(name, value)
		}
	}
}
