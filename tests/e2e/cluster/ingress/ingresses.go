package main

import (
	"fmt"
	"log"
	"time"
)

const (
	class     = "stand-in.ingress.networking.knative.dev"
	domain    = "ingress.knative-serving.svc.cluster.local"
	ingresses = "/apis/networking.internal.knative.dev/v1alpha1/ingresses"
	oneStatus = "/apis/networking.internal.knative.dev/v1alpha1/namespaces/%s/ingresses/%s/status"
)

// The part of networking.internal.knative.dev/v1alpha1 that is read here.
type ingress struct {
	Metadata struct {
		Name, Namespace   string
		Generation        int64
		Annotations       map[string]string
		DeletionTimestamp string
	}
	Spec struct {
		Rules []struct {
			Hosts []string
			HTTP  struct{ Paths []path }
		}
	}
	Status struct {
		ObservedGeneration int64
		Conditions         []struct{ Type, Status string }
	}
}

type path struct {
	Path, RewriteHost string
	Headers           map[string]struct{ Exact string }
	Splits            []split
	AppendHeaders     map[string]string
}

type split struct {
	ServiceName, ServiceNamespace string
	ServicePort                   any
	Percent                       int
	AppendHeaders                 map[string]string
}

type list struct {
	Metadata struct{ ResourceVersion string }
	Items    []ingress
}

// follow lists, and lists again whenever a watch from there shows a change.
func follow(cluster *cluster, routes *routes) {
	for {
		version, err := reconcile(cluster, routes)
		if err == nil {
			err = cluster.waitForChange(ingresses, version)
		}
		if err != nil {
			log.Print(err)
			time.Sleep(time.Second)
		}
	}
}

func reconcile(cluster *cluster, routes *routes) (string, error) {
	var listed list
	if err := cluster.get(ingresses, &listed); err != nil {
		return "", err
	}
	ours := listed.Items[:0]
	for _, ingress := range listed.Items {
		if ingress.Metadata.Annotations["networking.knative.dev/ingress.class"] == class && ingress.Metadata.DeletionTimestamp == "" {
			ours = append(ours, ingress)
		}
	}
	routes.replace(ours) // before any Ingress is called ready
	for _, ingress := range ours {
		if ingress.isReady() {
			continue
		}
		if err := markReady(cluster, ingress); err != nil {
			return "", err
		}
	}
	return listed.Metadata.ResourceVersion, nil
}

func (i *ingress) isReady() bool {
	for _, condition := range i.Status.Conditions {
		if condition.Type == "Ready" && condition.Status == "True" {
			return i.Status.ObservedGeneration == i.Metadata.Generation
		}
	}
	return false
}

func markReady(cluster *cluster, ingress ingress) error {
	now := time.Now().UTC().Format(time.RFC3339)
	var conditions []map[string]string
	for _, kind := range []string{"LoadBalancerReady", "NetworkConfigured", "Ready"} {
		conditions = append(conditions, map[string]string{"type": kind, "status": "True", "lastTransitionTime": now})
	}
	balancer := map[string]any{"ingress": []any{map[string]string{"domainInternal": domain}}}
	return cluster.patch(fmt.Sprintf(oneStatus, ingress.Metadata.Namespace, ingress.Metadata.Name), map[string]any{
		"status": map[string]any{
			"observedGeneration":  ingress.Metadata.Generation,
			"conditions":          conditions,
			"publicLoadBalancer":  balancer,
			"privateLoadBalancer": balancer,
		},
	})
}
