/** Line drawings on a 24-unit square, in the colour of the text around them. Decorative: words say the same beside them. */

const PATHS = {
  microphone: "M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3Z M5.5 11a6.5 6.5 0 0 0 13 0 M12 17.5V21 M9 21h6",
  microphoneOff:
    "M9 9v2a3 3 0 0 0 4.6 2.5 M15 10.5V6a3 3 0 0 0-5.8-1 M5.5 11a6.5 6.5 0 0 0 10 5.5 M18.5 11a6.4 6.4 0 0 1-.7 3 M12 17.5V21 M9 21h6 M4 4l16 16",
  camera:
    "M4 7.5h9.5a1.5 1.5 0 0 1 1.5 1.5v6a1.5 1.5 0 0 1-1.5 1.5H4A1.5 1.5 0 0 1 2.5 15V9A1.5 1.5 0 0 1 4 7.500Z M15 11l6-3v8l-6-3",
  cameraOff:
    "M8.5 7.500h5a1.5 1.5 0 0 1 1.5 1.500v4.5 M14.5 16.100a1.5 1.5 0 0 1-1 .4H4A1.5 1.5 0 0 1 2.5 15V9A1.5 1.5 0 0 1 4 7.500h.7 M15 11l6-3v8l-3-1.5 M3.5 3.500l17 17",
  screen: "M3.5 5h17v11h-17Z M8.5 20h7 M12 16v4 M12 13V8.5 M9.7 10.5 12 8.200l2.3 2.3",
  hand: "M7.5 12.500V6.800a1.3 1.3 0 0 1 2.6 0V11 M10.1 11V4.800a1.3 1.3 0 0 1 2.6 0V11 M12.7 11V5.800a1.3 1.3 0 0 1 2.6 0V12 M15.3 12V8.300a1.3 1.3 0 0 1 2.6 0V15a6 6 0 0 1-6 6c-2.5 0-3.9-1-5-2.800L4.3 14a1.3 1.3 0 0 1 2.2-1.400l1.3 1.8",
  leave: "M14 4H6.500A1.5 1.5 0 0 0 5 5.500v13A1.5 1.5 0 0 0 6.5 20H14 M10 12h10 M16.5 8.5 20 12l-3.5 3.5",
  people:
    "M9 11.500a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.400Z M3 19.500a6 6 0 0 1 12 0 M15.5 5.500a3 3 0 0 1 0 5.8 M17 14a5.5 5.5 0 0 1 4 5.5",
  chat: "M4 5h16v11H10.500L6 20v-4H4Z",
  papers: "M6 3h8l4 4v14H6Z M14 3v4h4 M9 12h6 M9 16h6",
  steer: "M12 3v18 M5 7h14 M5 7l-2.5 6a2.7 2.7 0 0 0 5 0Z M19 7l-2.5 6a2.7 2.7 0 0 0 5 0Z M8.5 21h7",
  lock: "M6 11h12v9H6Z M8.5 11V7.500a3.5 3.5 0 0 1 7 0V11",
  settings: "M4 7h9 M17 7h3 M4 12h3 M11 12h9 M4 17h9 M17 17h3 M15 5v4 M9 10v4 M15 15v4",
  check: "M5 12.500l4.5 4.500L19 7.5",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12Z M12 14.800a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.600Z",
  close: "M6 6l12 12 M18 6 6 18",
  door: "M6 21V3.500h9V21 M3.5 21h17 M12 12.500v.5 M15 6h3v15",
  sound: "M4 9.500v5h3.500L12 18.500v-13L7.5 9.500Z M15.5 9a4 4 0 0 1 0 6 M18 6.500a7.5 7.5 0 0 1 0 11",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {PATHS[name].split(" M").map((part, index) => (
        <path key={part} d={index === 0 ? part : `M${part}`} />
      ))}
    </svg>
  );
}
