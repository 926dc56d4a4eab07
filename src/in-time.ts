/**
 * Waits for `promise`, but not longer than `ms`. The work behind the promise goes on after that: work that takes a
 * signal ends with `withDeadline`.
 *
 * @throws Error with `message` when it took longer
 */
export async function inTime<T>(promise: Promise<T>, ms: number, message: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const overdue = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(message)), ms);
  });
  try {
    return await Promise.race([promise, overdue]);
  } finally {
    clearTimeout(timer);
  }
}
