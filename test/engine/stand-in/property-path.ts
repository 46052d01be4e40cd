import { isMap, type PropertyMap, type PropertyValue, Secret } from "./property-value.ts";

export type PropertyPath = (string | number)[];

/** Parses `a.b[0]["c.d"]` (sdk/go/common/resource/properties_path.go). */
export function parsePropertyPath(text: string): PropertyPath {
  const path: PropertyPath = [];
  let rest = text.startsWith(".") ? text.slice(1) : text;
  while (rest !== "") {
    const match = /^\[(\d+)\]/.exec(rest) ?? /^\["((?:[^"\\]|\\.)*)"\]/.exec(rest) ?? /^\[(\*)\]/.exec(rest);
    if (match !== null) {
      const text = match[1] ?? "";
      path.push(/^\d+$/.test(text) && !match[0].includes('"') ? Number(text) : text.replaceAll('\\"', '"'));
      rest = rest.slice(match[0].length);
    } else {
      const name = /^[^.[]+/.exec(rest)?.[0];
      if (name === undefined) throw new Error(`invalid property path "${text}"`);
      path.push(name);
      rest = rest.slice(name.length);
    }
    if (rest.startsWith(".")) rest = rest.slice(1);
  }
  return path;
}

export function pathContains(outer: PropertyPath, inner: PropertyPath): boolean {
  return inner.length >= outer.length && outer.every((part, i) => part === "*" || part === inner[i]);
}

function unwrap(value: PropertyValue | undefined): PropertyValue | undefined {
  return value instanceof Secret ? unwrap(value.element) : value;
}

/** Sets what `path` names in `news` back to what it is in `olds`, in place. */
export function resetPath(path: PropertyPath, olds: PropertyMap, news: PropertyMap): void {
  reset(path, olds, news);
}

function reset(
  path: PropertyPath,
  oldValue: PropertyValue | undefined,
  newValue: PropertyValue | undefined,
): void {
  const [head, ...rest] = path;
  const olds = unwrap(oldValue);
  const news = unwrap(newValue);
  if (head === undefined) return;
  if (typeof head === "number") {
    if (!Array.isArray(olds) || !Array.isArray(news) || head >= olds.length || head >= news.length) return;
    if (rest.length === 0) news[head] = olds[head] ?? null;
    else reset(rest, olds[head], news[head]);
    return;
  }
  if (head === "*") {
    const keys = Array.isArray(news)
      ? [...news.keys()]
      : isMap(news)
        ? Object.keys({ ...news, ...asMap(olds) })
        : [];
    for (const key of keys) reset([key, ...rest], olds, news);
    return;
  }
  if (!isMap(news)) return;
  const old = asMap(olds)[head];
  if (rest.length > 0) reset(rest, old, news[head]);
  else if (old === undefined) delete news[head];
  else news[head] = old;
}

function asMap(value: PropertyValue | undefined): PropertyMap {
  return isMap(value) ? value : {};
}
