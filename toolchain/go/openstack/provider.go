package main

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/terraform-provider-openstack/terraform-provider-openstack/v3/openstack"
)

// table has a line per resource and data source: Terraform name, Pulumi token.
//
//go:embed table.txt
var table string

// configuration says which settings the provider takes from the environment
// when the program names none: those of the official provider. (More OS_*
// variables are read by the Terraform provider underneath.)
var configuration = map[string]string{
	"allow_reauth":  "OS_ALLOW_REAUTH",
	"cloud":         "OS_CLOUD",
	"delayed_auth":  "OS_DELAYED_AUTH",
	"endpoint_type": "OS_ENDPOINT_TYPE",
	"insecure":      "OS_INSECURE",
	"region":        "OS_REGION_NAME",
	"swauth":        "OS_SWAUTH",
}

// renamed has the properties whose name does not follow from Terraform's.
var renamed = map[string]map[string]string{
	"openstack_networking_subnet_v2": {"allocation_pool": "allocationPools"},
}

// The longest name the provider makes up for a resource that was given none,
// and what stands between its logical name and the random part.
const (
	longestAutomaticName = 255
	nameSeparator        = "-"
)

func providerInfo() tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:           shim.NewProvider(openstack.Provider()),
		Name:        "openstack",
		Version:     version,
		Config:      map[string]*tfbridge.SchemaInfo{},
		Resources:   map[string]*tfbridge.ResourceInfo{},
		DataSources: map[string]*tfbridge.DataSourceInfo{},
	}
	for setting, variable := range configuration {
		info.Config[setting] = &tfbridge.SchemaInfo{Default: &tfbridge.DefaultInfo{EnvVars: []string{variable}}}
	}
	for _, line := range strings.Split(strings.TrimSpace(table), "\n") {
		add(&info, line)
	}
	info.SetAutonaming(longestAutomaticName, nameSeparator)
	return info
}

func add(info *tfbridge.ProviderInfo, line string) {
	fields := strings.Fields(line)
	if len(fields) != 2 {
		panic(fmt.Sprintf("table.txt: %q is not a Terraform name and a token", line))
	}
	name, token := fields[0], fields[1]
	if member := token[strings.LastIndex(token, ":")+1:]; strings.HasPrefix(member, "get") {
		info.DataSources[name] = &tfbridge.DataSourceInfo{Tok: tokens.ModuleMember(token)}
		return
	}
	resource := &tfbridge.ResourceInfo{Tok: tokens.Type(token), Fields: map[string]*tfbridge.SchemaInfo{}}
	for property, newName := range renamed[name] {
		resource.Fields[property] = &tfbridge.SchemaInfo{Name: newName}
	}
	info.Resources[name] = resource
}
