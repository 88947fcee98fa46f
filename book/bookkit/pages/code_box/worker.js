// Runs a reader's Python beside the page. The page ends this worker when a program takes too
// long; a program that asks for too much memory gets Python's own MemoryError.
// `loadMicroPython`, `WASM` (gzip, then base64), `BEFORE` and `JUDGE` stand above.
const MOST_MEMORY = 64 * 2 ** 20;
// Characters; what is printed after them is counted and not shown.
const MOST_PRINTED = 20_000;
const PAGE = 65_536;
// MicroPython's own measure; its usual 2,048 end a recursion after some twenty calls.
const CALLS = 65_536;
const grow = WebAssembly.Memory.prototype.grow;
WebAssembly.Memory.prototype.grow = function (pages) {
  if (this.buffer.byteLength + pages * PAGE > MOST_MEMORY) throw new RangeError("64 MB");
  return grow.call(this, pages);
};
// Emscripten reports there that memory was refused; the reader is told by Python's error.
console.error = () => {};

let line = [];
let printed = 0;
let heard = true;
function flush() {
  if (line.length && printed < MOST_PRINTED) {
    const text = new TextDecoder().decode(new Uint8Array(line));
    printed += text.length;
    self.postMessage({ text: printed < MOST_PRINTED ? text : `${text}\n...\n` });
  }
  line = [];
}
function put(bytes) {
  if (!heard || printed >= MOST_PRINTED) return;
  line.push(...bytes);
  if (bytes[0] === 10) flush();
}

async function unpacked() {
  const packed = Uint8Array.from(atob(WASM), (sign) => sign.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

(async () => {
  const python = await loadMicroPython({
    wasm: await unpacked(), pystack: CALLS, linebuffer: false, stdin: () => null, stdout: put, stderr: put,
  });
  python.runPython(BEFORE);
  python.runPython(JUDGE);
  const [start, verdict] = ["start", "verdict"].map((name) => python.globals.get(name));
  self.onmessage = ({ data }) => {
    [printed, line, heard] = [0, [], true];
    const error = JSON.parse(start(data.source));
    flush();
    // What the checks print would stand between their lines.
    heard = false;
    const judged = error || !data.task ? null : JSON.parse(verdict(data.task));
    self.postMessage({ error, verdict: judged });
  };
  self.postMessage({ ready: true });
})().catch((error) => self.postMessage({ failed: String(error) }));
