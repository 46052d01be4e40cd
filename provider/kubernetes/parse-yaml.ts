/** JSON is YAML, and most that comes from a program is JSON. The YAML parser is loaded where it is needed. */
export async function parseYaml(text: string): Promise<unknown> {
  if (text.trimStart().startsWith("{")) {
    try {
      return JSON.parse(text);
    } catch {
      // A YAML flow mapping begins with a brace, too.
    }
  }
  const { load } = await import("js-yaml");
  return load(text);
}
