/** A language for which there is a sample in `examples/`. */
export interface SampleLanguage {
  /** As it is typed: `berth sample python`. */
  readonly name: string;
  /** The library and what the sample runs on. */
  readonly title: string;
  /** Folder below `examples/`. */
  readonly folder: string;
  /** The file that holds the settings; the only one that is changed. */
  readonly main: string;
  /** What else is needed to run it. */
  readonly others: readonly string[];
  /** How a `$` is treated in the language's string literals. */
  readonly interpolatesDollar: boolean;
  /** Whether it can connect over WebSocket too. */
  readonly hasWebSocket: boolean;
}

/** Every sample that the tests run; what they do not run is not here. */
export const sampleLanguages: readonly SampleLanguage[] = [
  {
    name: 'python',
    title: 'Python, paho-mqtt 2',
    folder: 'python',
    main: 'sample.py',
    others: ['requirements.txt'],
    interpolatesDollar: false,
    hasWebSocket: true,
  },
  {
    name: 'node',
    title: 'Node.js, MQTT.js',
    folder: 'node',
    main: 'sample.mjs',
    others: ['package.json'],
    interpolatesDollar: false,
    hasWebSocket: true,
  },
  {
    name: 'go',
    title: 'Go, paho.golang',
    folder: 'go',
    main: 'sample.go',
    others: ['go.mod', 'go.sum'],
    interpolatesDollar: false,
    hasWebSocket: true,
  },
  {
    name: 'java',
    title: 'Java 17, HiveMQ client',
    folder: 'java',
    main: 'Sample.java',
    others: ['pom.xml'],
    interpolatesDollar: false,
    hasWebSocket: true,
  },
  {
    name: 'esp32-arduino',
    title: 'ESP32, Arduino core 3',
    folder: 'esp32-arduino',
    main: 'esp32-arduino.ino',
    others: [],
    interpolatesDollar: false,
    hasWebSocket: true,
  },
  {
    name: 'esp32-idf',
    title: 'ESP32, ESP-IDF 5.1 or newer',
    folder: 'esp32-idf',
    main: 'main/main.c',
    others: ['main/CMakeLists.txt', 'CMakeLists.txt'],
    interpolatesDollar: false,
    hasWebSocket: true,
  },
  {
    name: 'esp8266',
    title: 'ESP8266, Arduino core 3 with BearSSL',
    folder: 'esp8266-arduino',
    main: 'esp8266-arduino.ino',
    others: [],
    interpolatesDollar: false,
    hasWebSocket: false,
  },
  {
    name: 'android',
    title: 'Android in Kotlin, HiveMQ client',
    folder: 'android',
    main: 'BerthDevice.kt',
    others: [],
    interpolatesDollar: true,
    hasWebSocket: true,
  },
];

/** The sample of a language; null where there is none. */
export function sampleLanguage(name: string): SampleLanguage | null {
  return sampleLanguages.find((entry) => entry.name === name.toLowerCase()) ?? null;
}
