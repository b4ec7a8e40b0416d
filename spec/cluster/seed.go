package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"path"
	"strings"

	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/client-go/kubernetes/scheme"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// seedWriters is how many objects are on their way at a time; etcd batches what arrives together.
const seedWriters = 64

// seed puts the objects of a JSON List straight into etcd below /registry/prefix. No validation, no
// defaults, no admission: what is not in the list is not in the objects, but for uid and
// creationTimestamp. It answers how many there were.
func (e *etcd) seed(ctx context.Context, prefix string, body io.Reader) (int, error) {
	var list struct {
		APIVersion, Kind string
		Items            []json.RawMessage
	}
	if err := json.NewDecoder(body).Decode(&list); err != nil {
		return 0, err
	}
	// Items of a PodList need not say that they are Pods.
	kind := schema.FromAPIVersionAndKind(list.APIVersion, strings.TrimSuffix(list.Kind, "List"))

	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(seedWriters)
	for _, item := range list.Items {
		group.Go(func() error {
			key, value, err := stored(item, kind)
			if err != nil {
				return err
			}
			_, err = e.client.Put(ctx, path.Join("/registry", prefix, key), string(value))
			return err
		})
	}
	return len(list.Items), group.Wait()
}

// stored is an object as the API server keeps it: protobuf if it is built in, else JSON.
func stored(item []byte, kind schema.GroupVersionKind) (key string, value []byte, err error) {
	var encoder runtime.Encoder = protobuf.NewSerializer(scheme.Scheme, scheme.Scheme)
	object, actual, err := scheme.Codecs.UniversalDeserializer().Decode(item, &kind, nil)
	if runtime.IsNotRegisteredError(err) {
		encoder = unstructured.UnstructuredJSONScheme
		object, actual, err = unstructured.UnstructuredJSONScheme.Decode(item, &kind, nil)
	}
	if err != nil {
		return "", nil, err
	}
	object.GetObjectKind().SetGroupVersionKind(*actual)
	about, err := meta.Accessor(object)
	if err != nil {
		return "", nil, err
	}
	about.SetResourceVersion("") // the revision of the write is it
	if about.GetUID() == "" {
		about.SetUID(uuid.NewUUID())
	}
	if created := about.GetCreationTimestamp(); created.IsZero() {
		about.SetCreationTimestamp(metav1.Now())
	}
	var text bytes.Buffer
	err = encoder.Encode(object, &text)
	return path.Join(about.GetNamespace(), about.GetName()), text.Bytes(), err
}
