// Runs the program once, in a thread of its own. The page ends it early by ending the thread.
self.onmessage = async ({ data: { module, args, files, asks } }) => {
  let errors = "", line = "", read = 0, gpu = null;
  const on = {
    wrote: (path, bytes) => self.postMessage({ wrote: path, bytes }, [bytes.buffer]),
    said: (text, isError) => {
      if (isError) errors += text;
      else {
        const lines = (line + text).split("\n");
        line = lines.pop();
        for (const said of lines) self.postMessage({ said });
      }
    },
    read: (bytes) => self.postMessage({ read: (read += bytes) }),
    // 0 and bytes, or 1 and words, with their length in between. The first request opens the GPU, and is answered with its name.
    asked: asks && (async (request) => {
      const words = (text) => new TextEncoder().encode(text);
      let status = 0, bytes;
      try {
        bytes = gpu ? new Uint8Array(await answered(gpu, request)) : words((gpu = await openGpu()).name);
      } catch (error) {
        (status = 1), (bytes = words(error.message));
      }
      const answer = new Uint8Array(8 + bytes.length), head = new DataView(answer.buffer);
      head.setUint32(0, status, true);
      head.setUint32(4, bytes.length, true);
      answer.set(bytes, 8);
      return answer;
    }),
  };
  try {
    const { code, memory } = await system(["voxdice-page", ...args], files, on).run(module);
    self.postMessage({ ended: code, errors, memory });
  } catch (error) {
    // Memory that cannot be had, or a defect of the program.
    self.postMessage({ ended: -1, errors: errors || String(error), memory: 0 });
  }
};
