const patienceMs = 15_000;

/** For clients that cannot be given a time limit: fails as a connection would that has been silent for too long. */
export async function patiently<T>(request: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(Object.assign(new Error(`no answer within ${patienceMs / 1000} s`), { code: "ETIMEDOUT" }));
    }, patienceMs);
  });
  try {
    return await Promise.race([request, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}
