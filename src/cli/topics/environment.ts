/** @file `uniconv help environment` */

export const text = (): Promise<string> =>
  Promise.resolve(`Where an option's value comes from, best first:

  flag                 --batch-size 8     (--batch_size is the same flag)
  environment          UNICONV_BATCH_SIZE=8; several values as JSON: UNICONV_INPUT='["a","b"]'
  --config FILE        batch_size: 8      (YAML or JSON; unknown keys are errors; paths are relative to the working directory)
  --preset NAME        the same, shipped with uniconv (train only)
  the default          shown by uniconv help COMMAND

--print-config prints the outcome as a config file, with the origin of every value as a comment.

Other variables:
  NO_COLOR, TERM=dumb          no colours
  NODE_OPTIONS                 --max-old-space-size=8192 gives Node more memory
  ONNXRUNTIME_NODE_INSTALL     skip: npm install without the download of CUDA libraries
  NVIDIA_TF32_OVERRIDE=0       full fp32 precision of matrix products on NVIDIA GPUs

No command uses the network.
`);
