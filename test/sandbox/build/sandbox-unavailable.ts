/** The machine lacks something that the sandbox needs. Tests skip on it, by its message; in CI it is a failure. */
export class SandboxUnavailable extends Error {
  override readonly name = "SandboxUnavailable";
}
