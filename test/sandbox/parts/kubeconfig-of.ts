import type { ClusterDescription } from "../description.ts";

export function kubeconfigOf({
  name,
  server,
  token,
  certificateAuthority,
}: Pick<ClusterDescription, "name" | "server" | "token" | "certificateAuthority">): string {
  return `apiVersion: v1
kind: Config
clusters:
  - name: ${name}
    cluster:
      server: ${server}
      certificate-authority-data: ${Buffer.from(certificateAuthority).toString("base64")}
users:
  - name: ${name}-admin
    user:
      token: ${token}
contexts:
  - name: ${name}
    context:
      cluster: ${name}
      user: ${name}-admin
current-context: ${name}
`;
}
