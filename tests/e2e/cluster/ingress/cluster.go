package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
)

const account = "/var/run/secrets/kubernetes.io/serviceaccount/"

// cluster is the API server as the pod's own ServiceAccount sees it.
type cluster struct {
	url    string
	client *http.Client
}

func inCluster() (*cluster, error) {
	certificate, err := os.ReadFile(account + "ca.crt")
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(certificate)
	address := net.JoinHostPort(os.Getenv("KUBERNETES_SERVICE_HOST"), os.Getenv("KUBERNETES_SERVICE_PORT"))
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
	return &cluster{url: "https://" + address, client: &http.Client{Transport: transport}}, nil
}

func (c *cluster) get(path string, into any) error {
	return c.call(http.MethodGet, path, nil, into)
}

func (c *cluster) patch(path string, change any) error {
	body, err := json.Marshal(change)
	if err != nil {
		return err
	}
	return c.call(http.MethodPatch, path, body, nil)
}

// waitForChange returns after the first event of a watch, or after five minutes without one.
func (c *cluster) waitForChange(path, version string) error {
	var event json.RawMessage
	err := c.call(http.MethodGet, path+"?watch=1&timeoutSeconds=300&resourceVersion="+version, nil, &event)
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

func (c *cluster) call(method, path string, body []byte, into any) error {
	request, err := http.NewRequest(method, c.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	token, err := os.ReadFile(account + "token")
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+string(token))
	request.Header.Set("Content-Type", "application/merge-patch+json")
	response, err := c.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		reason, _ := io.ReadAll(io.LimitReader(response.Body, 512))
		return fmt.Errorf("%s %s: %d %s", method, path, response.StatusCode, reason)
	}
	if into == nil {
		return nil
	}
	return json.NewDecoder(response.Body).Decode(into)
}
