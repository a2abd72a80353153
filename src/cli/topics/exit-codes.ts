/** @file `uniconv help exit-codes` */

export const text = (): Promise<string> =>
  Promise.resolve(`What the exit code of a command says:

    0  it worked, or the output was there already
    1  it ran to its end and the verdict is negative: a threshold was missed, a score dropped too far (compare --max-drop),
       a file has problems (validate)
    2  the command line or the config is wrong
    3  an input is missing, bad or corrupt; the message starts with file:line
    4  the operating system refused: disk full, no permission, memory ran out
    5  locked by another process, or a server is down: try again
   70  a bug in uniconv
  130  stopped by Ctrl-C, 143 stopped by SIGTERM: --resume continues

The first Ctrl-C finishes the step and keeps what was done; the second leaves at once. With --json errors are one JSON object per line
on stderr: {"format":"uniconv/error@1","error":{"type","message","exit_code","file","line"}}.
`);
