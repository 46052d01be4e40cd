// Pulumi's Kubernetes plugin, whose own main package embeds files that only its Makefile writes.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version"
)

func main() {
	provider.Serve("kubernetes", version.Version, beside("schema.json"), beside("terraform-mapping.json"))
}

// A file that was copied beside this binary when it was built.
func beside(name string) []byte {
	binary, err := os.Executable()
	if err == nil {
		var content []byte
		if content, err = os.ReadFile(filepath.Join(filepath.Dir(binary), name)); err == nil {
			return content
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
	return nil
}
