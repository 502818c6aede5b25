package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
)

// routes is what the Ingresses say, by host; it is replaced as a whole.
type routes struct {
	byHost atomic.Pointer[map[string][]path]
}

func newRoutes() *routes {
	routes := &routes{}
	routes.byHost.Store(&map[string][]path{})
	return routes
}

func (r *routes) replace(ingresses []ingress) {
	byHost := map[string][]path{}
	for _, ingress := range ingresses {
		for _, rule := range ingress.Spec.Rules {
			for _, host := range rule.Hosts {
				byHost[host] = append(byHost[host], rule.HTTP.Paths...)
			}
		}
	}
	r.byHost.Store(&byHost)
}

// find returns the path with the most matching headers, and one of its splits by their percentages.
func (r *routes) find(request *http.Request) (*path, *split) {
	var best *path
	paths := (*r.byHost.Load())[host(request)]
	for i := range paths {
		if paths[i].matches(request) && (best == nil || len(paths[i].Headers) > len(best.Headers)) {
			best = &paths[i]
		}
	}
	if best == nil || len(best.Splits) == 0 {
		return nil, nil
	}
	return best, best.draw(rand.IntN(100))
}

func host(request *http.Request) string {
	if host, _, err := net.SplitHostPort(request.Host); err == nil {
		return host
	}
	return request.Host
}

func (p *path) matches(request *http.Request) bool {
	for name, match := range p.Headers {
		if request.Header.Get(name) != match.Exact {
			return false
		}
	}
	return strings.HasPrefix(request.URL.Path, p.Path)
}

func (p *path) draw(percentile int) *split {
	for i := range p.Splits {
		if percentile -= p.Splits[i].Percent; percentile < 0 {
			return &p.Splits[i]
		}
	}
	return &p.Splits[0]
}

func (s *split) address() string {
	return fmt.Sprintf("%s.%s.svc.cluster.local:%v", s.ServiceName, s.ServiceNamespace, s.ServicePort)
}
