/** Lets so many do something at once; the others wait in order, those in a hurry first. */
export class Places {
  private free: number;
  private readonly waiting: { begin: () => void; isUrgent: boolean }[] = [];

  constructor(places: number) {
    this.free = places;
  }

  /** Run it when there is a place. */
  async run<T>(action: () => Promise<T>, isUrgent = false): Promise<T> {
    if (this.free > 0) this.free -= 1;
    else await new Promise<void>((begin) => this.waiting.push({ begin, isUrgent }));
    try {
      return await action();
    } finally {
      this.next();
    }
  }

  private next(): void {
    const urgent = this.waiting.findIndex((each) => each.isUrgent);
    const [next] = this.waiting.splice(Math.max(0, urgent), 1);
    if (next === undefined) this.free += 1;
    else next.begin();
  }
}
