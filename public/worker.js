// The worker runs the module that the page has compiled: no second download, and never another build.
// The page's first message is { glue: address of the glue script, module: WebAssembly.Module }; the
// glue's `main` then listens itself and answers Ready. A failure becomes the page's `error` event.
addEventListener("message", ({ data: { glue, module } }) => {
  import(glue)
    .then(({ default: init }) => init({ module_or_path: module }))
    .catch((error) => setTimeout(() => { throw error; }));
}, { once: true });
// A trap in the middle of a job (out of memory, say) would otherwise stay inside the worker.
addEventListener("unhandledrejection", ({ reason }) => setTimeout(() => { throw reason; }));
