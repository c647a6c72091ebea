import type { Dialect } from './literal.ts';

/** A language for which there is a sample in `examples/`. */
export interface SampleLanguage {
  /** As it is typed: `berth sample python`. */
  readonly name: string;
  /** What people type instead. */
  readonly aliases: readonly string[];
  /** The library and what the sample runs on. */
  readonly title: string;
  /** Folder below `examples/`. */
  readonly folder: string;
  /** The file that holds the settings; the only one that is changed. */
  readonly main: string;
  /** What else is needed to run it. */
  readonly others: readonly string[];
  /** How its string literals are written. */
  readonly dialect: Dialect;
  /** Whether it can connect over WebSocket too. */
  readonly hasWebSocket: boolean;
  /**
   * What the tests do with it: run it against the service; run it on this machine with thin headers in place of the
   * board's API, or on a plain JVM instead of Android; or only parse it.
   */
  readonly tested: 'run' | 'host' | 'jvm' | 'parsed';
  /** Commands that run it in its folder; empty where a tool with windows does. */
  readonly run: readonly string[];
}

/** Every sample. */
export const sampleLanguages: readonly SampleLanguage[] = [
  {
    name: 'python',
    aliases: ['py', 'python3'],
    title: 'Python, paho-mqtt 2',
    folder: 'python',
    main: 'sample.py',
    others: ['requirements.txt'],
    dialect: 'python',
    hasWebSocket: true,
    tested: 'run',
    run: ['python3 -m venv venv', 'venv/bin/pip install -r requirements.txt', 'venv/bin/python sample.py'],
  },
  {
    name: 'node',
    aliases: ['nodejs', 'node.js', 'js', 'javascript', 'typescript', 'ts'],
    title: 'Node.js, MQTT.js',
    folder: 'node',
    main: 'sample.mjs',
    others: ['package.json'],
    dialect: 'javascript',
    hasWebSocket: true,
    tested: 'run',
    run: ['npm install', 'node sample.mjs'],
  },
  {
    name: 'go',
    aliases: ['golang'],
    title: 'Go, paho.golang',
    folder: 'go',
    main: 'sample.go',
    others: ['go.mod', 'go.sum'],
    dialect: 'go',
    hasWebSocket: true,
    tested: 'run',
    run: ['go run .'],
  },
  {
    name: 'java',
    aliases: [],
    title: 'Java 17, HiveMQ client',
    folder: 'java',
    main: 'Sample.java',
    others: ['pom.xml'],
    dialect: 'java',
    hasWebSocket: true,
    tested: 'run',
    run: ['mvn -q dependency:copy-dependencies -DoutputDirectory=jars', "java -cp 'jars/*' Sample.java"],
  },
  {
    name: 'esp32-arduino',
    aliases: ['esp32', 'arduino'],
    title: 'ESP32, Arduino core 3',
    folder: 'esp32-arduino',
    main: 'esp32-arduino.ino',
    others: [],
    dialect: 'c',
    hasWebSocket: true,
    tested: 'host',
    run: [],
  },
  {
    name: 'esp32-idf',
    aliases: ['esp-idf', 'idf'],
    title: 'ESP32, ESP-IDF 5.2 or newer',
    folder: 'esp32-idf',
    main: 'main/main.c',
    others: ['main/CMakeLists.txt', 'CMakeLists.txt', 'sdkconfig.defaults'],
    dialect: 'c',
    hasWebSocket: true,
    tested: 'host',
    run: ['idf.py set-target esp32', 'idf.py flash monitor'],
  },
  {
    name: 'esp8266',
    aliases: ['esp8266-arduino'],
    title: 'ESP8266, Arduino core 3 with BearSSL',
    folder: 'esp8266-arduino',
    main: 'esp8266-arduino.ino',
    others: [],
    dialect: 'c',
    hasWebSocket: false,
    tested: 'host',
    run: [],
  },
  {
    name: 'android',
    aliases: ['kotlin'],
    title: 'Android in Kotlin, HiveMQ client',
    folder: 'android',
    main: 'BerthDevice.kt',
    others: [],
    dialect: 'kotlin',
    hasWebSocket: true,
    tested: 'jvm',
    run: [],
  },
  {
    name: 'swift',
    aliases: ['ios', 'macos'],
    title: 'Swift for iOS and macOS, CocoaMQTT',
    folder: 'swift',
    main: 'BerthDevice.swift',
    others: [],
    dialect: 'swift',
    hasWebSocket: true,
    tested: 'parsed',
    run: [],
  },
];

/** The sample of a language, by its name or what people type instead; null where there is none. */
export function sampleLanguage(name: string): SampleLanguage | null {
  const typed = name.toLowerCase();
  return sampleLanguages.find((entry) => entry.name === typed || entry.aliases.includes(typed)) ?? null;
}
