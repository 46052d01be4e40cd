/** A small deterministic generator, so that a seed names a program for good (mulberry32). */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

interface RandomThing {
  name: string;
  /** Left out of the program. */
  absent: boolean;
  size: number;
  label: number;
  of: string | undefined;
  ofKey: "state" | "serial" | "id" | "label";
  parent: string | undefined;
  dependsOn: string | undefined;
  strict: boolean;
  deleteFirst: boolean;
  secret: boolean;
  fail: string | undefined;
  options: string[];
}

/** A stack of tiny things with random relations, which changes a little with every step. */
export class RandomProgram {
  readonly #things: RandomThing[] = [];
  readonly #random: (below: number) => number;

  constructor(seed: number) {
    this.#random = randomNumbers(seed);
    const count = 4 + this.#random(4);
    for (let i = 0; i < count; i++) this.#things.push(this.#newThing(`t${i}`));
  }

  /** Changes a few things. */
  mutate(): void {
    for (const thing of this.#things) {
      thing.fail = this.#chance(12)
        ? this.#pick(["create", "create partly", "update", "update partly"])
        : undefined;
      if (this.#chance(8)) thing.absent = !thing.absent;
      if (this.#chance(4)) thing.size++;
      if (this.#chance(3)) thing.label++;
      if (this.#chance(10)) thing.deleteFirst = !thing.deleteFirst;
      if (this.#chance(10)) thing.strict = !thing.strict;
      if (this.#chance(12)) thing.of = this.#earlier(thing);
    }
  }

  get text(): string {
    const things = this.#things.filter(({ absent }) => !absent);
    const present = new Set(things.map(({ name }) => name));
    const known = (name: string | undefined): name is string => name !== undefined && present.has(name);
    // A failure ends the run: one after the other, what else has happened by then is no chance.
    const inLine = things.some(({ fail }) => fail !== undefined);
    return things
      .map((thing, i) => {
        const before = inLine ? [things[i - 1]?.name, thing.dependsOn] : [thing.dependsOn];
        const args = [`size: ${thing.size}`, `label: "${thing.label}"`];
        if (thing.strict) args.push("strict: true");
        if (thing.deleteFirst) args.push("deleteFirst: true");
        if (thing.secret) args.push(`token: pulumi.secret("canary-${thing.label}")`);
        if (thing.fail !== undefined) args.push(`fail: "${thing.fail}"`);
        if (known(thing.of)) args.push(`of: ${thing.of}.${thing.ofKey}`);
        const options = [...thing.options];
        if (known(thing.parent)) options.push(`parent: ${thing.parent}`);
        options.push(`dependsOn: [${before.filter(known).join(", ")}]`);
        const { name } = thing;
        return `const ${name} = new Thing("${name}", { ${args.join(", ")} }, { ${options.join(", ")} });\nexports.${name} = ${name}.state;`;
      })
      .join("\n");
  }

  #newThing(name: string): RandomThing {
    const thing: RandomThing = {
      name,
      absent: false,
      size: 1,
      label: 1,
      of: undefined,
      ofKey: this.#pick(["state", "serial", "id", "label"]),
      parent: undefined,
      dependsOn: undefined,
      strict: this.#chance(2),
      deleteFirst: this.#chance(3),
      secret: this.#chance(3),
      fail: undefined,
      options: [],
    };
    if (this.#chance(2)) thing.of = this.#earlier(thing);
    if (this.#chance(4)) thing.parent = this.#earlier(thing);
    if (this.#chance(5)) thing.dependsOn = this.#earlier(thing);
    if (this.#chance(8)) thing.options.push("retainOnDelete: true");
    if (this.#chance(6)) thing.options.push('replaceOnChanges: ["label"]');
    if (this.#chance(6)) thing.options.push('ignoreChanges: ["label"]');
    if (this.#chance(8)) thing.options.push(`deleteBeforeReplace: ${this.#chance(2)}`);
    return thing;
  }

  #earlier(thing: RandomThing): string | undefined {
    const index = this.#things.includes(thing) ? this.#things.indexOf(thing) : this.#things.length;
    return index === 0 ? undefined : `t${this.#random(index)}`;
  }

  #chance(oneIn: number): boolean {
    return this.#random(oneIn) === 0;
  }

  #pick<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.#random(choices.length)] ?? choices[0];
  }
}
