/** Colours that hold 4.5:1 against the ground they stand on, in both themes. */
export const pictureStyle = `
  svg { font: 13px system-ui, sans-serif; --ground: #ffffff; --text: #1f2328; --quiet: #59636e; --line: #d1d9e0;
    --good: #1a7f37; --bad: #cf222e; --open: #9a6700; }
  @media (prefers-color-scheme: dark) {
    svg { --ground: #0d1117; --text: #e6edf3; --quiet: #9198a1; --line: #3d444d; --good: #3fb950; --bad: #ff7b72;
      --open: #d29922; }
  }
  .ground { fill: var(--ground); } text { fill: var(--text); } .quiet { fill: var(--quiet); font-size: 12px; }
  .line { stroke: var(--line); } .limit { stroke: var(--text); stroke-width: 2; }
  .aim { stroke: var(--quiet); stroke-width: 2; stroke-dasharray: 3 3; }
  .good { fill: var(--good); } .bad { fill: var(--bad); } .open { fill: var(--open); }
  .pair { fill-opacity: 0.45; } .median { stroke: var(--ground); stroke-width: 1.5; }`;
