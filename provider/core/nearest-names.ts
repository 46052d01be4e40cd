/** Returns how many letters of a misspelt word of that length may be wrong. */
const mistakesIn = (word: string): number => Math.max(1, Math.min(3, Math.floor(word.length / 4)));

interface How {
  /** The number of letters that may be wrong. */
  mistakes?: number;
  /** The number of names that are returned. */
  most?: number;
}

/** Returns the names that a misspelt word may stand for: the nearest ones. Upper and lower case are the same. */
export function nearestNames(
  word: string,
  known: Iterable<string>,
  { mistakes = mistakesIn(word), most = 3 }: How = {},
): string[] {
  const measured = [...new Set(known)]
    .filter((name) => Math.abs(name.length - word.length) <= mistakes)
    .map((name) => ({ name, distance: editDistance(word.toLowerCase(), name.toLowerCase()) }));
  const least = Math.min(mistakes, ...measured.map(({ distance }) => distance));
  return measured
    .filter(({ distance }) => distance === least)
    .map(({ name }) => name)
    .toSorted()
    .slice(0, most);
}

/** Counts the letters that have to be added, removed, changed or swapped to turn one word into the other. */
function editDistance(from: string, to: string): number {
  let [beforeLast, last]: [number[], number[]] = [
    [],
    Array.from({ length: to.length + 1 }, (_, index) => index),
  ];
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current[column] = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (isSame ? 0 : 1),
        isSwapped ? at(beforeLast, column - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [beforeLast, last] = [last, current];
  }
  return at(last, to.length);
}

const at = (numbers: readonly number[], index: number): number => numbers[index] ?? Number.POSITIVE_INFINITY;
