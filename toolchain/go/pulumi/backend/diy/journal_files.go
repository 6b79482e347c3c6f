package diy

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// journalSchemes are the backends on which journals are tried.
var journalSchemes = []string{"file", "s3", "postgres"}

func (b *diyBackend) hasJournals() bool {
	scheme, _, _ := strings.Cut(b.url, "://")
	for _, known := range journalSchemes {
		if scheme == known {
			return true
		}
	}
	return false
}

// plainFileOptions are those of a file:// URL with which a key is a path.
var plainFileOptions = map[string]bool{"no_tmp_dir": true, "create_dir": true, "metadata": true, "dir_file_mode": true}

// localFolder is the folder of a file:// backend whose files are written
// directly, since its library syncs none.
func (b *diyBackend) localFolder() (string, bool) {
	parsed, err := url.Parse(b.url)
	if err != nil || parsed.Scheme != "file" || filepath.Separator != '/' {
		return "", false
	}
	for option := range parsed.Query() {
		if !plainFileOptions[option] {
			return "", false
		}
	}
	return parsed.Path, true
}

func (b *diyBackend) localPath(key string) (string, bool) {
	folder, ok := b.localFolder()
	return filepath.Join(folder, filepath.FromSlash(key)), ok
}

// writeFileDurably replaces a file: after a crash it has the old content or the
// new one.
func writeFileDurably(path string, content []byte) error {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	temporary := fmt.Sprintf("%s.%d.tmp", path, os.Getpid())
	if err := writeSynced(temporary, content); err != nil {
		return errors.Join(err, os.Remove(temporary))
	}
	if err := os.Rename(temporary, path); err != nil {
		return errors.Join(err, os.Remove(temporary))
	}
	// What the backend's library noted of the old content; it does without.
	if err := os.Remove(path + ".attrs"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return syncFolder(folder)
}

func writeSynced(path string, content []byte) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o666)
	if err != nil {
		return err
	}
	if _, err = file.Write(content); err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
