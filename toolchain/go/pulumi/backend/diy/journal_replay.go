package diy

import (
	"cmp"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/backend"
	"github.com/pulumi/pulumi/pkg/v3/resource/stack/snapshot"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	utilenv "github.com/pulumi/pulumi/sdk/v3/go/common/util/env"
)

// orderedReplay gives entries to Pulumi's own replayer in the order of their
// numbers, whatever the order in which they come.
type orderedReplay struct {
	replayer *backend.JournalReplayer
	next     int64 // number of the entry that comes next; the first is 1
	early    map[int64]apitype.JournalEntry
}

// newOrderedReplay begins with a state, nil for one without resources.
func newOrderedReplay(base *apitype.DeploymentV3) *orderedReplay {
	if base == nil {
		base = &apitype.DeploymentV3{}
	}
	return &orderedReplay{backend.NewJournalReplayer(base), 1, map[int64]apitype.JournalEntry{}}
}

func (r *orderedReplay) add(entries []apitype.JournalEntry) error {
	for _, entry := range entries {
		r.early[entry.SequenceID] = entry
	}
	for entry, ok := r.early[r.next]; ok; entry, ok = r.early[r.next] {
		delete(r.early, r.next)
		r.next++
		if err := r.replayer.Add(entry); err != nil {
			return err
		}
	}
	return nil
}

// deployment is the state after all entries. Numbers may be missing: those of
// entries that were on their way when the operation was killed, which was told
// of none of them that they are kept.
func (r *orderedReplay) deployment() (apitype.TypedDeployment, error) {
	for _, number := range slices.Sorted(maps.Keys(r.early)) {
		if err := r.replayer.Add(r.early[number]); err != nil {
			return apitype.TypedDeployment{}, err
		}
	}
	r.early = map[int64]apitype.JournalEntry{}
	typed, err := r.replayer.GenerateDeployment()
	if err != nil {
		return apitype.TypedDeployment{}, err
	}
	// The replayer has them in no order.
	slices.SortFunc(typed.Deployment.PendingOperations, func(a, b apitype.OperationV2) int {
		return cmp.Or(cmp.Compare(a.Resource.URN, b.Resource.URN), cmp.Compare(a.Type, b.Type))
	})
	noteIntegrity(typed)
	return typed, nil
}

// noteIntegrity writes into the state whether it is whole, as Pulumi's other
// recorders of steps do.
func noteIntegrity(typed apitype.TypedDeployment) {
	typed.Deployment.Metadata.IntegrityErrorMetadata = nil
	if err := snapshot.VerifyIntegrity(typed.Deployment); err != nil {
		typed.Deployment.Metadata.IntegrityErrorMetadata = &apitype.SnapshotIntegrityErrorMetadataV1{
			Version: strconv.Itoa(typed.Version),
			Command: strings.Join(os.Args, " "),
			Error:   err.Error(),
			EnvVars: utilenv.ConfiguredVariables(),
		}
	}
}
