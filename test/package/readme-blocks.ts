/** A block of code on a page, as whoever follows the page takes it. */
export interface Block {
  /** The heading under which it stands. */
  section: string;
  language: string;
  /** The file whose text it is, or what prints it: ```` ```ts title="index.ts" ````. */
  title: string | undefined;
  text: string;
}

/** The blocks of code of a page, in their order. */
export function readmeBlocks(page: string): Block[] {
  return page.split(/^## /m).flatMap((part) => {
    const [section = "", ...rest] = part.split("\n");
    return [...rest.join("\n").matchAll(/^```(\w+)(?: title="([^"]+)")?\n([^]*?)^```$/gm)].map(
      ([, language = "", title, text = ""]) => ({ section, language, title, text }),
    );
  });
}
