package temporal

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/fileblob" // file://
	_ "gocloud.dev/blob/memblob"  // mem://
	_ "gocloud.dev/blob/s3blob"   // s3://
	"gocloud.dev/gcerrors"

	"hibernet/results/sweep"
)

// ErrStore is wrapped by the error of a blob store's address.
var ErrStore = errors.New("the address of a blob store is an URL: file:///FOLDER, s3://BUCKET?region=REGION")

// Store is a blob store with what the workers need and what they found.
type Store struct {
	bucket  *blob.Bucket
	address string
}

// The drivers for gs:// and azblob:// are left out for their weight: a program
// with one driver and nothing else is 17 MB with that for files, 31 MB with S3,
// 33 MB with Azure and 52 MB with Google. The latter's storage speaks S3 too:
// s3://BUCKET?endpoint=https://storage.googleapis.com.

// OpenStore opens the store at an URL: file:///FOLDER, s3://BUCKET, with
// credentials from where the store's own tools take them, or mem:// for one
// that ends with the process. prefix=FOLDER/ in the query keeps to a part of it.
func OpenStore(ctx context.Context, address string) (*Store, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" {
		return nil, fmt.Errorf("%w; got %q", ErrStore, address)
	}
	if u.Scheme == "file" {
		q := u.Query()
		q.Set("create_dir", "true")
		q.Set("metadata", "skip")
		// Beside its place, or the last step of a write, a rename, would fail
		// where the folder for temporary files is on another disk.
		q.Set("no_tmp_dir", "true")
		u.RawQuery = q.Encode()
	}
	bucket, err := blob.OpenBucket(ctx, u.String())
	if err != nil {
		return nil, fmt.Errorf("%w; got %q: %w", ErrStore, address, err)
	}
	return &Store{bucket, address}, nil
}

// Close closes the store.
func (s *Store) Close() error { return s.bucket.Close() }

func (s *Store) write(ctx context.Context, key string, data []byte) error {
	if err := s.bucket.WriteAll(ctx, key, data, nil); err != nil {
		return fmt.Errorf("temporal: write %s to %s: %w", key, s.address, err)
	}
	return nil
}

// read returns nil if there is nothing of that key.
func (s *Store) read(ctx context.Context, key string) ([]byte, error) {
	data, err := s.bucket.ReadAll(ctx, key)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("temporal: read %s from %s: %w", key, s.address, err)
	}
	return data, nil
}

// remove removes what may be there.
func (s *Store) remove(ctx context.Context, key string) error {
	if err := s.bucket.Delete(ctx, key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return fmt.Errorf("temporal: remove %s from %s: %w", key, s.address, err)
	}
	return nil
}

// missing is the text of a fault: somebody wrote that to another store.
func (s *Store) missing(key, whose string) string {
	return fmt.Sprintf("%s is not in %s: %s and all workers need the same blob store", key, s.address, whose)
}

// outcomeKey is where the outcome of a run stands; other versions of the
// program have outcomes of their own.
func outcomeKey(version, run string) string {
	return "outcomes/" + strings.ReplaceAll(version, "/", "_") + "/" + run + ".json"
}

// outcome returns the outcome of a run, false if there is none, or what is
// there is torn.
func (s *Store) outcome(ctx context.Context, version, run string) (sweep.Kept, bool, error) {
	data, err := s.read(ctx, outcomeKey(version, run))
	if err != nil || data == nil {
		return sweep.Kept{}, false, err
	}
	kept, err := sweep.DecodeKept(data)
	return kept, err == nil && kept.Outcome.Run == run, nil
}

func (s *Store) keep(ctx context.Context, version string, kept sweep.Kept) error {
	data, err := kept.Encode()
	if err != nil {
		return err
	}
	return s.write(ctx, outcomeKey(version, kept.Outcome.Run), data)
}
