/** Requests at a time, of a store that deletes one object by each. */
const atOnce = 32;

/** Removes every key by a request of its own, and gives the first refusals; an object that is gone is none. */
export async function removeEach<Refusal>(
  keys: readonly string[],
  remove: (key: string) => Promise<Refusal | undefined>,
): Promise<Refusal[]> {
  const refusals: Refusal[] = [];
  const left = [...keys];
  const worker = async () => {
    for (let key = left.pop(); key !== undefined && refusals.length === 0; key = left.pop()) {
      const refusal = await remove(key);
      if (refusal !== undefined) refusals.push(refusal);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return refusals;
}
