// Command pulumi-resource-openstack serves OpenStack resources to the Pulumi
// engine. It is put together from the tagged modules that the official provider
// 5.5.1 is made of, because the official provider's own module has no tags that
// a module proxy serves; table.txt says which resources it offers.
package main

import (
	"context"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/cmdutil"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// version is that of the pulumi-openstack wheel this plugin answers to.
const version = "5.5.1"

// server is the bridged provider, with a schema made only when somebody asks
// for it, as no update does.
type server struct {
	pulumirpc.ResourceProviderServer
	info tfbridge.ProviderInfo
}

func (s *server) GetSchema(context.Context, *pulumirpc.GetSchemaRequest) (*pulumirpc.GetSchemaResponse, error) {
	schema, err := generateSchema(s.info)
	if err != nil {
		return nil, err
	}
	return &pulumirpc.GetSchemaResponse{Schema: string(schema)}, nil
}

func main() {
	info := providerInfo()
	ctx := context.Background()
	info.P.InitLogging(ctx)
	err := provider.MainContext(ctx, "openstack", func(host *provider.HostClient) (pulumirpc.ResourceProviderServer, error) {
		bridged := tfbridge.NewProvider(ctx, host, "openstack", version, info.P, info, nil)
		return &server{ResourceProviderServer: bridged, info: info}, nil
	})
	if err != nil {
		cmdutil.ExitError(err.Error())
	}
}
