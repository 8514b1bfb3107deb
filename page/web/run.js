// The program, in threads of its own.

const element = (id) => document.getElementById(id);

/** The program, unpacked once. */
const program = (async () => {
  const packed = Uint8Array.from(atob(element("program").textContent.trim()), (letter) => letter.charCodeAt(0));
  const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return WebAssembly.compile(await new Response(unpacked).arrayBuffer());
})();
program.catch(() => {});

const workerSource = URL.createObjectURL(new Blob([element("worker").textContent], { type: "text/javascript" }));

/** A run that was ended by its user. */
class Cancelled extends Error {}

/**
 * Runs a command of the program. `on` has `wrote(name, bytes)`, `said(line)` and `read(bytes)`, and says whether it `asks` for a
 * GPU. Resolves to the memory that it took; `cancel` ends it.
 */
function run(command, request, files, on = {}) {
  let end, isCancelled = false;
  const done = (async () => {
    const module = await program;
    if (isCancelled) throw new Cancelled();
    return new Promise((resolve, reject) => {
      const worker = new Worker(workerSource);
      end = (error) => {
        worker.terminate();
        reject(error);
      };
      worker.onerror = (event) => end(new Error(event.message || "the thread of the program could not start"));
      worker.onmessage = ({ data }) => {
        if ("wrote" in data) on.wrote?.(data.wrote.replace(/^\.\//, ""), data.bytes);
        else if ("said" in data) on.said?.(data.said);
        else if ("read" in data) on.read?.(data.read);
        else {
          worker.terminate();
          if (data.ended === 0) resolve(data.memory);
          else reject(new Error(data.errors.trim() || "the program ended without a word"));
        }
      };
      worker.postMessage({ module, args: [command, JSON.stringify(request)], files, asks: on.asks });
    });
  })();
  const cancel = () => {
    isCancelled = true;
    end?.(new Cancelled());
  };
  return { done, cancel };
}
