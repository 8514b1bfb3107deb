// Runs the program once, in a thread of its own. The page ends it early by ending the thread.
self.onmessage = ({ data: { module, args, files } }) => {
  let errors = "", line = "", read = 0;
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
  };
  try {
    const { code, memory } = system(["voxdice-page", ...args], files, on).run(module);
    self.postMessage({ ended: code, errors, memory });
  } catch (error) {
    // Memory that cannot be had, or a defect of the program.
    self.postMessage({ ended: -1, errors: errors || String(error), memory: 0 });
  }
};
