// The velero command with controller-runtime's own metrics listener switched off: it has no flag,
// is fixed on port 8080 and fatal if the port is taken, so that one machine could run one Velero only.
package main

import (
	"github.com/vmware-tanzu/velero/pkg/cmd"
	"github.com/vmware-tanzu/velero/pkg/cmd/velero"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

func main() {
	server.DefaultBindAddress = "0"
	cmd.CheckError(velero.NewCommand("velero").Execute())
}
