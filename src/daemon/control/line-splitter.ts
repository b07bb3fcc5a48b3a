/** Cuts a stream into lines and bounds their length, so that a sender without line ends cannot fill the memory. */
export class LineSplitter {
  private parts: Buffer[] = [];
  private bytes = 0;

  constructor(private readonly maxBytes: number) {}

  /** The lines that `chunk` completes, without their line ends; `null` where one is longer than allowed. */
  push(chunk: Buffer): string[] | null {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(10, start); end !== -1; end = chunk.indexOf(10, start)) {
      if (!this.keep(chunk.subarray(start, end))) return null;
      lines.push(Buffer.concat(this.parts).toString('utf8'));
      this.parts = [];
      this.bytes = 0;
      start = end + 1;
    }
    return this.keep(chunk.subarray(start)) ? lines : null;
  }

  private keep(part: Buffer): boolean {
    this.bytes += part.length;
    if (this.bytes > this.maxBytes) return false;
    if (part.length > 0) this.parts.push(part);
    return true;
  }
}
