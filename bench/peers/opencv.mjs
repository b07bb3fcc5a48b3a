// The OpenCV peer: one Python process for the whole run, so that no start of a process counts.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('opencv.py', import.meta.url));

export class OpenCv {
  #child;
  #lines;
  #said = '';
  version = '';
  /** Threads that it uses where nobody says how many. */
  threads = 0;

  /** `null` where this machine's Python has no OpenCV (Debian: python3-opencv). */
  static async start() {
    const peer = new OpenCv();
    peer.#child = spawn('/usr/bin/python3', [program], { stdio: ['pipe', 'pipe', 'pipe'] });
    peer.#child.on('error', () => null);
    peer.#child.stdin.on('error', () => null);
    peer.#child.stderr.on('data', (chunk) => {
      peer.#said = (peer.#said + chunk.toString()).slice(-2000);
    });
    peer.#lines = createInterface({ input: peer.#child.stdout })[Symbol.asyncIterator]();
    try {
      Object.assign(peer, await peer.ask('version'));
    } catch (error) {
      if (/No module named|ENOENT|ended/.test(error.message)) return null;
      throw error;
    }
    return peer;
  }

  async ask(what, params = {}) {
    this.#child.stdin.write(`${JSON.stringify({ do: what, ...params })}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`the OpenCV peer ended: ${this.#said}`);
    return JSON.parse(value);
  }

  stop() {
    this.#child.stdin.end();
  }
}
