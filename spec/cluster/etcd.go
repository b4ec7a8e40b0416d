package main

import (
	"context"
	"net/url"
	"strconv"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3client"
	"go.etcd.io/etcd/server/v3/storage/wal"
)

// etcd is the cluster's memory: one member, in this process, that keeps no promise about crashes.
type etcd struct {
	server  *embed.Etcd
	client  *clientv3.Client // in-process, no socket
	address string           // for the API server
}

func startEtcd(dir string) *etcd {
	anyPort := []url.URL{{Scheme: "http", Host: "127.0.0.1:0"}}
	wal.SegmentSizeBytes = 1 << 20 // 64 MB are allocated at once otherwise

	config := embed.NewConfig()
	config.Dir = dir
	config.ListenClientUrls, config.AdvertiseClientUrls = anyPort, anyPort
	config.ListenPeerUrls, config.AdvertisePeerUrls = anyPort, anyPort
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	config.UnsafeNoFsync = true
	config.EnableGRPCGateway = false
	config.TickMs, config.ElectionMs = 10, 50 // a lone member need not wait a second to elect itself
	config.WatchProgressNotifyInterval = 5 * time.Second
	config.WarningUnaryRequestDuration = time.Second // every request is slow to it when unset
	config.LogLevel = "warn"
	config.LogOutputs = []string{dir + ".log"}

	server, err := embed.StartEtcd(config)
	check(err)
	<-server.Server.ReadyNotify()
	return &etcd{server, v3client.New(server.Server), "http://" + server.Clients[0].Addr().String()}
}

func (e *etcd) stop() { e.server.Server.HardStop() }

// compact forgets all history. The API server learns of it from the key that its own compaction loop
// writes, within some 15 seconds; its watch cache remembers on until it is restarted.
func (e *etcd) compact(ctx context.Context) (revision int64, err error) {
	const key = "compact_rev_key"
	now, err := e.client.Get(ctx, key)
	if err != nil {
		return 0, err
	}
	put, err := e.client.Put(ctx, key, strconv.FormatInt(now.Header.Revision+1, 10))
	if err != nil {
		return 0, err
	}
	_, err = e.client.Compact(ctx, put.Header.Revision)
	return put.Header.Revision, err
}
