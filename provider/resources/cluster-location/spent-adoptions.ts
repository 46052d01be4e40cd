/**
 * Whose adopted location moves on to another place in this process. Its replacement is checked twice, the second time
 * as if it were new, and must not come back to what its predecessor has adopted.
 */
const spent = new Set<string>();

interface Adopting {
  owner: string;
  adopt?: string | undefined;
}

const keyOf = ({ owner, adopt }: Adopting): string => `${owner} ${adopt}`;

export const spendAdoption = (inputs: Adopting): void => void spent.add(keyOf(inputs));

export const isAdoptionSpent = (inputs: Adopting): boolean => spent.has(keyOf(inputs));
