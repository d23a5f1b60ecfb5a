package delivery

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path"

	"github.com/keyreeve/keyreeve/trail/digest"
	"github.com/keyreeve/keyreeve/trails"
)

// Folder is a folder of this machine as a bucket. It must be there; what is put into it
// cannot lead out of it.
type Folder struct{ Name, Dir string }

// Check implements Bucket.
func (f Folder) Check(context.Context) error {
	info, err := os.Stat(f.Dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return trails.MissingBucket(f.Name)
	}
	return err
}

// Put implements Bucket. The metadata is in its place before the file is.
func (f Folder) Put(_ context.Context, key string, content []byte, metadata map[string]string) error {
	root, err := os.OpenRoot(f.Dir)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := makeFolders(root, path.Dir(key)); err != nil {
		return err
	}
	if metadata != nil {
		text, err := json.Marshal(metadata)
		if err != nil {
			return err
		}
		if err := putFile(root, key+digest.MetadataSuffix, text); err != nil {
			return err
		}
	}
	return putFile(root, key, content)
}

// makeFolders makes a folder and those above it, each durably.
func makeFolders(root *os.Root, dir string) error {
	if dir == "." {
		return nil
	}
	if info, err := root.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	if err := makeFolders(root, path.Dir(dir)); err != nil {
		return err
	}
	if err := root.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFile(root, path.Dir(dir))
}

// putFile writes a file under another name and renames it when it is on disk.
func putFile(root *os.Root, name string, content []byte) error {
	building := name + ".new"
	f, err := root.OpenFile(building, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync()); errors.Join(err, f.Close()) != nil {
		return err
	}
	if err := root.Rename(building, name); err != nil {
		return err
	}
	return syncFile(root, path.Dir(name))
}

func syncFile(root *os.Root, name string) error {
	f, err := root.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
