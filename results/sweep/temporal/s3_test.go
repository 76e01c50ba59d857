package temporal

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"hibernet/results/sweep"
)

// bucket answers the calls of S3 that a store makes, for one bucket.
type bucket struct {
	mu      sync.Mutex
	objects map[string]string
}

// ServeHTTP puts, gets and deletes objects.
func (b *bucket) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch r.Method {
	case http.MethodPut:
		body, err := io.ReadAll(r.Body)
		if err != nil || strings.Contains(r.Header.Get("Content-Encoding"), "aws-chunked") {
			w.WriteHeader(http.StatusNotImplemented)
			return
		}
		b.objects[r.URL.Path] = string(body)
		w.Header().Set("ETag", `"x"`)
	case http.MethodGet, http.MethodHead:
		text, ok := b.objects[r.URL.Path]
		if !ok {
			w.Header().Set("Content-Type", "application/xml")
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>none</Message></Error>`)
			return
		}
		w.Header().Set("Last-Modified", "Mon, 06 May 2024 12:00:00 GMT")
		_, _ = io.WriteString(w, text)
	case http.MethodDelete:
		delete(b.objects, r.URL.Path)
		w.WriteHeader(http.StatusNoContent)
	default:
		w.WriteHeader(http.StatusNotImplemented)
	}
}

// Stores keep outcomes and say what they do not have, on disk and over the
// protocol of S3.
func TestStores(t *testing.T) {
	b := &bucket{objects: map[string]string{}}
	server := httptest.NewServer(b)
	defer server.Close()
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	ctx := context.Background()
	for _, address := range []string{
		"file://" + t.TempDir() + "/made",
		"s3://sweeps?region=eu-central-1&use_path_style=true&endpoint=" + server.URL + "&prefix=mine/",
	} {
		store, err := OpenStore(ctx, address)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok, err := store.outcome(ctx, "v", "a"); ok || err != nil {
			t.Errorf("%s: nothing is %v, %v", address, ok, err)
		}
		if err := store.keep(ctx, "v", sweep.Kept{Outcome: sweep.Outcome{Run: "a", Scenario: "s"}}); err != nil {
			t.Fatal(err)
		}
		if kept, ok, err := store.outcome(ctx, "v", "a"); !ok || err != nil || kept.Outcome.Scenario != "s" {
			t.Errorf("%s: %+v, %v, %v", address, kept, ok, err)
		}
		if _, ok, err := store.outcome(ctx, "w", "a"); ok || err != nil {
			t.Errorf("%s: another version's is %v, %v", address, ok, err)
		}
		// What is not there may be removed too.
		if err := errors.Join(store.write(ctx, "b", []byte("b")), store.remove(ctx, "b"), store.remove(ctx, "b")); err != nil {
			t.Error(err)
		}
		if data, err := store.read(ctx, "b"); data != nil || err != nil {
			t.Errorf("%s: removed, but there is %q, %v", address, data, err)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	}
	if len(b.objects) != 1 || b.objects["/sweeps/mine/outcomes/v/a.json"] == "" {
		t.Errorf("objects %v", b.objects)
	}
}
