package main

import (
	"encoding/json"
	"strings"

	"github.com/pulumi/inflector"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
	pulumischema "github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

type (
	fieldInfos    = map[string]*tfbridge.SchemaInfo
	propertySpecs = map[string]pulumischema.PropertySpec
)

// generator turns the provider into a Pulumi package schema without
// descriptions: `pulumi package get-schema` prints it. The official generator
// cannot be used here, some of its modules are served by no module proxy.
type generator struct {
	pkg pulumischema.PackageSpec
}

func generateSchema(info tfbridge.ProviderInfo) ([]byte, error) {
	g := generator{pulumischema.PackageSpec{
		Name:      info.Name,
		Version:   info.Version,
		Types:     map[string]pulumischema.ComplexTypeSpec{},
		Resources: map[string]pulumischema.ResourceSpec{},
		Functions: map[string]pulumischema.FunctionSpec{},
	}}
	g.provider(info)
	for name, resource := range info.Resources {
		g.resource(string(resource.Tok), info.P.ResourcesMap().Get(name).Schema(), resource.Fields)
	}
	for name, function := range info.DataSources {
		g.function(string(function.Tok), info.P.DataSourcesMap().Get(name).Schema(), function.Fields)
	}
	return json.Marshal(g.pkg)
}

func (g *generator) provider(info tfbridge.ProviderInfo) {
	all := g.object("openstack:index/provider:Provider", info.P.Schema(), info.Config, everything)
	for setting, field := range info.Config {
		name := tfbridge.TerraformToPulumiNameV2(setting, info.P.Schema(), info.Config)
		property := all.Properties[name]
		property.DefaultInfo = &pulumischema.DefaultSpec{Environment: field.Default.EnvVars}
		all.Properties[name] = property
	}
	g.pkg.Config = pulumischema.ConfigSpec{Variables: all.Properties}
	g.pkg.Provider = &pulumischema.ResourceSpec{InputProperties: all.Properties, RequiredInputs: all.Required}
}

func (g *generator) resource(token string, fields shim.SchemaMap, infos fieldInfos) {
	inputs := g.object(token, fields, infos, isInput)
	g.pkg.Resources[token] = pulumischema.ResourceSpec{
		ObjectTypeSpec:  g.object(token, fields, infos, everything),
		InputProperties: inputs.Properties,
		RequiredInputs:  inputs.Required,
	}
}

func (g *generator) function(token string, fields shim.SchemaMap, infos fieldInfos) {
	inputs, outputs := g.object(token, fields, infos, isInput), g.object(token, fields, infos, everything)
	outputs.Properties["id"] = pulumischema.PropertySpec{TypeSpec: pulumischema.TypeSpec{Type: "string"}}
	g.pkg.Functions[token] = pulumischema.FunctionSpec{Inputs: &inputs, Outputs: &outputs}
}

func everything(shim.Schema) bool { return true }

func isInput(field shim.Schema) bool { return field.Required() || field.Optional() }

// object is a type with those of the fields that are wanted.
func (g *generator) object(
	token string, fields shim.SchemaMap, infos fieldInfos, wanted func(shim.Schema) bool,
) pulumischema.ObjectTypeSpec {
	object := pulumischema.ObjectTypeSpec{Type: "object", Properties: propertySpecs{}}
	fields.Range(func(key string, field shim.Schema) bool {
		if field.Removed() == "" && wanted(field) {
			name := tfbridge.TerraformToPulumiNameV2(key, fields, infos)
			object.Properties[name] = pulumischema.PropertySpec{
				TypeSpec:           g.typeOf(token, name, field, infos[key]),
				Secret:             field.Sensitive(),
				DeprecationMessage: field.Deprecated(),
			}
			if field.Required() && !hasDefault(field, infos[key]) {
				object.Required = append(object.Required, name)
			}
		}
		return true
	})
	return object
}

func hasDefault(field shim.Schema, info *tfbridge.SchemaInfo) bool {
	return field.DefaultFunc() != nil || info != nil && info.HasDefault()
}

var plainTypes = map[shim.ValueType]string{
	shim.TypeBool: "boolean", shim.TypeInt: "integer", shim.TypeFloat: "number", shim.TypeString: "string",
}

func (g *generator) typeOf(
	token, name string, field shim.Schema, info *tfbridge.SchemaInfo,
) pulumischema.TypeSpec {
	if plain, ok := plainTypes[field.Type()]; ok {
		return pulumischema.TypeSpec{Type: plain}
	}
	if tfbridge.IsMaxItemsOne(field, info) {
		return g.element(token, name, field)
	}
	if field.Type() == shim.TypeMap {
		element := g.element(token, name, field)
		return pulumischema.TypeSpec{Type: "object", AdditionalProperties: &element}
	}
	element := g.element(token, inflector.Singularize(name), field)
	return pulumischema.TypeSpec{Type: "array", Items: &element}
}

func (g *generator) element(token, name string, field shim.Schema) pulumischema.TypeSpec {
	switch element := field.Elem().(type) {
	case shim.Resource:
		nested := nestedToken(token, name)
		g.pkg.Types[nested] = pulumischema.ComplexTypeSpec{
			ObjectTypeSpec: g.object(nested, element.Schema(), nil, everything),
		}
		return pulumischema.TypeSpec{Ref: "#/types/" + nested}
	case shim.Schema:
		return g.typeOf(token, name, element, nil)
	default:
		return pulumischema.TypeSpec{Type: "string"}
	}
}

// nestedToken names the type of a property, as the official schema does: the
// networks of openstack:compute/instance:Instance are of type
// openstack:compute/InstanceNetwork:InstanceNetwork.
func nestedToken(token, property string) string {
	module, _, _ := strings.Cut(token, "/")
	owner := token[strings.LastIndex(token, ":")+1:]
	nested := owner + strings.ToUpper(property[:1]) + property[1:]
	return module + "/" + nested + ":" + nested
}
