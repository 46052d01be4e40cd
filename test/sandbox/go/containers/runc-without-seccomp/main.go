// runc as containerd calls it, where runc was built without libseccomp, whose headers few machines have: it takes the
// seccomp profile out of the bundle's config.json, and becomes the runc beside it. A pod's sandbox always asks for one.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

func main() {
	self, err := os.Executable()
	if err == nil {
		err = removeProfile(bundleOf(os.Args))
	}
	if err == nil {
		runc := filepath.Join(filepath.Dir(self), "runc")
		err = syscall.Exec(runc, append([]string{runc}, os.Args[1:]...), os.Environ())
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func bundleOf(args []string) string {
	for i, arg := range args {
		if bundle, ok := strings.CutPrefix(arg, "--bundle="); ok {
			return bundle
		}
		if (arg == "--bundle" || arg == "-b") && i+1 < len(args) {
			return args[i+1]
		}
	}
	return ""
}

func removeProfile(bundle string) error {
	if bundle == "" {
		return nil
	}
	file := filepath.Join(bundle, "config.json")
	data, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return nil
	}
	var spec, linux map[string]json.RawMessage
	if err = json.Unmarshal(data, &spec); err != nil {
		return err
	}
	if err = json.Unmarshal(spec["linux"], &linux); err != nil {
		return err
	}
	delete(linux, "seccomp")
	if spec["linux"], err = json.Marshal(linux); err != nil {
		return err
	}
	if data, err = json.Marshal(spec); err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o600)
}
