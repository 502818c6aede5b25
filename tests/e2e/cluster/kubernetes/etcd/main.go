// Command etcd runs one member of etcd: etcd FOLDER CLIENT_URL PEER_URL.
// A library call, because the Go modules hold no etcd command that builds on its own.
package main

import (
	"log"
	"net/url"
	"os"

	"go.etcd.io/etcd/server/v3/embed"
)

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: etcd FOLDER CLIENT_URL PEER_URL")
	}
	config := embed.NewConfig()
	config.Dir = os.Args[1]
	config.ListenClientUrls = []url.URL{parse(os.Args[2])}
	config.AdvertiseClientUrls = config.ListenClientUrls
	config.ListenPeerUrls = []url.URL{parse(os.Args[3])}
	config.AdvertisePeerUrls = config.ListenPeerUrls
	config.InitialCluster = config.Name + "=" + os.Args[3]
	config.UnsafeNoFsync = true // its data lives as long as the tests
	etcd, err := embed.StartEtcd(config)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(<-etcd.Err())
}

func parse(text string) url.URL {
	parsed, err := url.Parse(text)
	if err != nil {
		log.Fatal(err)
	}
	return *parsed
}
