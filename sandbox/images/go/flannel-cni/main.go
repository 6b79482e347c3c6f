// Command flannel-cni is a CNI plugin of type "flannel": it hands a pod's network to a bridge on the subnet that
// flanneld has got for this node. It takes the configuration that flannel's own plugin takes.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/containernetworking/cni/pkg/invoke"
	"github.com/containernetworking/cni/pkg/skel"
	"github.com/containernetworking/cni/pkg/types"
	"github.com/containernetworking/cni/pkg/version"
)

const (
	subnetFile = "/run/flannel/subnet.env"
	dataDir    = "/var/lib/cni/flannel"
	patience   = 30 * time.Second
	pause      = 100 * time.Millisecond
)

// configuration is what the file in /etc/cni/net.d says.
type configuration struct {
	types.NetConf
	SubnetFile string         `json:"subnetFile"`
	DataDir    string         `json:"dataDir"`
	Delegate   map[string]any `json:"delegate"`
}

func main() {
	skel.PluginMainFuncs(skel.CNIFuncs{Add: add, Del: del, Check: check}, version.All, "flannel")
}

func add(args *skel.CmdArgs) error {
	conf, err := parse(args.StdinData)
	if err != nil {
		return err
	}
	subnet, err := readSubnet(conf.SubnetFile)
	if err != nil {
		return err
	}
	delegate, err := delegation(conf, subnet)
	if err != nil {
		return err
	}
	document, err := json.Marshal(delegate)
	if err != nil {
		return err
	}
	// Deleting takes the same, also after flanneld has got another subnet.
	if err := os.MkdirAll(conf.DataDir, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(conf.DataDir, args.ContainerID), document, 0o600); err != nil {
		return err
	}
	result, err := invoke.DelegateAdd(context.TODO(), delegate["type"].(string), document, nil)
	if err != nil {
		return err
	}
	return result.Print()
}

func del(args *skel.CmdArgs) error {
	conf, err := parse(args.StdinData)
	if err != nil {
		return err
	}
	file := filepath.Join(conf.DataDir, args.ContainerID)
	document, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil // deleted before, or never added
	} else if err != nil {
		return err
	}
	var delegate types.NetConf
	if err := json.Unmarshal(document, &delegate); err != nil {
		return err
	}
	if err := invoke.DelegateDel(context.TODO(), delegate.Type, document, nil); err != nil {
		return err
	}
	return os.Remove(file)
}

func check(*skel.CmdArgs) error {
	return nil
}

func parse(document []byte) (configuration, error) {
	conf := configuration{SubnetFile: subnetFile, DataDir: dataDir}
	if err := json.Unmarshal(document, &conf); err != nil {
		return conf, fmt.Errorf("configuration of flannel's CNI plugin: %w", err)
	}
	if conf.Delegate == nil {
		conf.Delegate = map[string]any{}
	}
	return conf, nil
}

// readSubnet reads what flanneld writes: FLANNEL_NETWORK, FLANNEL_SUBNET, FLANNEL_MTU and FLANNEL_IPMASQ.
//
// On a new node it waits for that a while: a pod that is refused is tried again only after a pause.
func readSubnet(file string) (map[string]string, error) {
	content, err := os.ReadFile(file)
	for waited := time.Duration(0); errors.Is(err, os.ErrNotExist) && waited < patience; waited += pause {
		time.Sleep(pause)
		content, err = os.ReadFile(file)
	}
	if err != nil {
		return nil, fmt.Errorf("flanneld has no subnet for this node yet: %w", err)
	}
	values := map[string]string{}
	lines := bufio.NewScanner(bytes.NewReader(content))
	for lines.Scan() {
		if name, value, found := strings.Cut(lines.Text(), "="); found {
			values[strings.TrimPrefix(name, "FLANNEL_")] = value
		}
	}
	return values, lines.Err()
}

// delegation is the configuration for the plugin that does the work, a bridge unless the user wants another.
func delegation(conf configuration, subnet map[string]string) (map[string]any, error) {
	_, pods, err := net.ParseCIDR(subnet["SUBNET"])
	if err != nil {
		return nil, err
	}
	mtu, err := strconv.Atoi(subnet["MTU"])
	if err != nil {
		return nil, err
	}
	delegate := map[string]any{
		"type":      "bridge",
		"ipMasq":    subnet["IPMASQ"] != "true", // else flanneld does it
		"mtu":       mtu,
		"isGateway": true,
	}
	for name, value := range conf.Delegate {
		delegate[name] = value
	}
	delegate["name"], delegate["cniVersion"] = conf.Name, conf.CNIVersion
	delegate["ipam"] = map[string]any{
		"type":   "host-local",
		"ranges": [][]map[string]string{{{"subnet": pods.String()}}},
		"routes": []map[string]string{{"dst": subnet["NETWORK"]}},
	}
	return delegate, nil
}
