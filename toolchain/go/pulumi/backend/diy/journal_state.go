package diy

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/pulumi/pulumi/pkg/v3/resource/stack"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/encoding"
)

// journalFeature is in the list of features of a state that has a journal
// beside it. A Pulumi without journals refuses a state with a feature that it
// does not know, so it never goes on from a state that lacks what the journal has.
const journalFeature = "journal-beside-the-state"

// journalLostVariable lets a state be used whose journal is not there.
const journalLostVariable = "PULUMI_DIY_BACKEND_JOURNAL_LOST"

// rereads is how often a state is read again that is written meanwhile.
const rereads = 10

func stateHash(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

func decodeState(content []byte) (*apitype.CheckpointV3, int, []string, error) {
	m := encoding.Compress(encoding.JSON, encoding.DetectCompression(content))
	return stack.UnmarshalVersionedCheckpointToLatestCheckpoint(m, content)
}

// decodeMarkedState is decodeState for a state that has a journal, without the
// mark; false if it has none.
func decodeMarkedState(content []byte) (*apitype.CheckpointV3, int, []string, bool, error) {
	m := encoding.Compress(encoding.JSON, encoding.DetectCompression(content))
	var versioned apitype.VersionedCheckpoint
	if err := m.Unmarshal(content, &versioned); err != nil {
		return nil, 0, nil, false, err
	}
	place := slices.Index(versioned.Features, journalFeature)
	if place < 0 {
		return nil, 0, nil, false, nil
	}
	versioned.Features = slices.Delete(versioned.Features, place, place+1)
	if len(versioned.Features) == 0 {
		versioned.Version, versioned.Features = apitype.DeploymentSchemaVersionCurrent, nil
	}
	plain, err := diyJSONMarshaler.Marshal(versioned)
	if err != nil {
		return nil, 0, nil, false, err
	}
	checkpoint, version, features, err := decodeState(plain)
	return checkpoint, version, features, true, err
}

// throughJournal is the state in a stack's file, with what a journal beside it
// adds: that of an operation which runs, or was killed.
func (b *diyBackend) throughJournal(
	ctx context.Context, ref *diyBackendReference, content []byte,
) (*apitype.CheckpointV3, int, []string, error) {
	for range rereads {
		checkpoint, version, features, err := decodeState(content)
		var unknown *stack.ErrDeploymentUnsupportedFeatures
		if !errors.As(err, &unknown) {
			return checkpoint, version, features, err
		}
		marked := false
		if checkpoint, version, features, marked, err = decodeMarkedState(content); err != nil || !marked {
			return nil, 0, nil, errors.Join(unknown, err)
		}
		stored, err := b.readJournal(ctx, ref, stateHash(content))
		if err == nil {
			return replayed(checkpoint, stored)
		}
		if !errors.Is(err, errNoJournal) {
			return nil, 0, nil, err
		}
		again, err := b.bucket.ReadAll(ctx, b.stackPath(ctx, ref))
		if err != nil {
			return nil, 0, nil, err
		}
		if bytes.Equal(again, content) {
			if os.Getenv(journalLostVariable) != "" {
				return checkpoint, version, features, nil
			}
			return nil, 0, nil, lostJournal(ref, stateHash(content))
		}
		content = again // the operation is over, or another one has begun
	}
	return nil, 0, nil, fmt.Errorf("the state of stack %s is written all the time", ref)
}

func lostJournal(ref *diyBackendReference, base string) error {
	return fmt.Errorf("the state of stack %s has a journal, and that is not there (%s/%s.%s): what it says was created "+
		"is missing in the state. Bring it back; or, to go on without it, set %s=1",
		ref, journalFolder(ref), base, journalOpen, journalLostVariable)
}

func (b *diyBackend) readJournal(ctx context.Context, ref *diyBackendReference, base string) (*storedJournal, error) {
	var stored *storedJournal
	var err error
	for _, status := range []string{journalOpen, journalTaken, journalOpen} { // it may be taken over in between
		stored, err = b.newJournalStore(ref, base, status).read(ctx)
		if !errors.Is(err, errNoJournal) {
			break
		}
	}
	return stored, err
}

func replayed(base *apitype.CheckpointV3, stored *storedJournal) (*apitype.CheckpointV3, int, []string, error) {
	replay := newOrderedReplay(base.Latest)
	if err := replay.add(stored.entries); err != nil {
		return nil, 0, nil, err
	}
	typed, err := replay.deployment()
	if err != nil {
		return nil, 0, nil, err
	}
	base.Latest = typed.Deployment
	return base, typed.Version, typed.Features, nil
}
