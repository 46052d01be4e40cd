interface Answer {
  at: number;
  answer: Promise<unknown>;
}

/** Answers of one cluster, which all resources share that ask for the same at the same time. */
export class SharedAnswers {
  readonly #answers = new Map<string, Answer>();

  /** An answer serves others that ask within `freshMs`. A key stands for one type. A failed answer is not shared with who asks later. */
  ask<T>(key: string, freshMs: number, ask: () => Promise<T>): Promise<T> {
    const known = this.#answers.get(key);
    if (known && Date.now() - known.at < freshMs) return known.answer as Promise<T>;
    const answer = ask();
    this.#answers.set(key, { at: Date.now(), answer });
    // A newer answer may be there by then.
    answer.catch(() => this.#answers.get(key)?.answer === answer && this.#answers.delete(key));
    return answer;
  }

  forget(key: string): void {
    this.#answers.delete(key);
  }

  forgetAll(prefix: string): void {
    for (const key of this.#answers.keys()) if (key.startsWith(prefix)) this.#answers.delete(key);
  }
}
