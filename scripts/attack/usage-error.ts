/** A sentence for the person at the terminal, the next step, and exit code 2. */
export class UsageError extends Error {
  readonly next: string;
  constructor(says: string, next: string) {
    super(says);
    this.next = next;
  }
}
