// Command transform replaces the program of an EventTransform, which evaluates its JSONata expression on node. It
// adds ".transformed" to the type of each event, and sends it to K_SINK, or back if the EventTransform has no sink.
package main

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
	"time"
)

const maxBody = 1 << 20

var client = http.Client{Timeout: 10 * time.Second}

func main() {
	log.Fatal(http.ListenAndServe(":8080", http.HandlerFunc(serve)))
}

func serve(response http.ResponseWriter, request *http.Request) {
	if request.Method != http.MethodPost {
		return // a probe
	}
	body, err := io.ReadAll(http.MaxBytesReader(response, request.Body, maxBody))
	if err != nil {
		http.Error(response, err.Error(), http.StatusBadRequest)
		return
	}
	event := transformed(request.Header)
	sink := os.Getenv("K_SINK")
	if sink == "" {
		for name, values := range event {
			response.Header()[name] = values
		}
		_, _ = response.Write(body)
		return
	}
	if err := send(sink, event, body); err != nil {
		http.Error(response, err.Error(), http.StatusBadGateway)
	}
}

// transformed is the event of a request in binary mode.
func transformed(request http.Header) http.Header {
	event := http.Header{}
	for name, values := range request {
		if strings.HasPrefix(name, "Ce-") || name == "Content-Type" {
			event[name] = values
		}
	}
	event.Set("Ce-Type", request.Get("Ce-Type")+".transformed")
	return event
}

func send(sink string, event http.Header, body []byte) error {
	request, err := http.NewRequest(http.MethodPost, sink, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header = event
	answer, err := client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 300 {
		return fmt.Errorf("the sink answered %s", answer.Status)
	}
	return nil
}
