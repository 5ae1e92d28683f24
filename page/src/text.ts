// SPDX-License-Identifier: MIT
// All words of the page, in each of its languages. {name} is filled in.
import { settings } from "./settings";

export const LANGUAGES = ["en", "ko"] as const;
export type Language = (typeof LANGUAGES)[number];

export const LANGUAGE_NAMES: Record<Language, string> = { en: "English", ko: "한국어" };

const TABLE = {
	// The bar
	stop: { en: "Stop motors", ko: "모터 정지" },
	stopped: {
		en: "Everything that moves was stopped.",
		ko: "움직이는 모든 것을 정지했습니다.",
	},
	stopping: { en: "Stopping…", ko: "정지하는 중…" },
	stopWaits: {
		en: "No connection: the stop is sent as soon as there is one. The gateway stops its motors by itself when it loses the broker.",
		ko: "연결이 없습니다. 연결되는 즉시 정지 명령을 보냅니다. 게이트웨이는 브로커와 끊어지면 스스로 모터를 멈춥니다.",
	},
	stopUnsure: {
		en: "The stop was not confirmed: {reason}",
		ko: "정지가 확인되지 않았습니다: {reason}",
	},
	stopAgain: {
		en: "The stop was not confirmed: {reason} It is sent again when the gateway is back.",
		ko: "정지가 확인되지 않았습니다: {reason} 게이트웨이가 돌아오면 다시 보냅니다.",
	},
	gateway: { en: "Gateway", ko: "게이트웨이" },
	noGateway: { en: "No gateway yet", ko: "게이트웨이 없음" },
	language: { en: "Language", ko: "언어" },
	connection: { en: "Connection", ko: "연결" },
	offlineMark: { en: "offline", ko: "오프라인" },

	// The connection
	linkOff: { en: "Disconnected", ko: "연결 끊김" },
	linkConnecting: { en: "Connecting…", ko: "연결 중…" },
	linkOn: { en: "Connected", ko: "연결됨" },
	linkWaiting: { en: "Trying again…", ko: "다시 시도 중…" },
	linkRefused: { en: "Refused", ko: "거부됨" },
	broker: { en: "Broker", ko: "브로커" },
	brokerHint: {
		en: "The address of its websockets listener, as ws://raspberrypi.local:9001",
		ko: "브로커의 웹소켓 주소, 예: ws://raspberrypi.local:9001",
	},
	root: { en: "Topic of the gateway", ko: "게이트웨이의 토픽" },
	rootHint: {
		en: "Empty: the first one that is found",
		ko: "비워 두면 처음 찾은 게이트웨이",
	},
	user: { en: "User", ko: "사용자" },
	password: { en: "Password", ko: "비밀번호" },
	keep: { en: "Remember the password in this browser", ko: "이 브라우저에 비밀번호 저장" },
	connect: { en: "Connect", ko: "연결" },
	disconnect: { en: "Disconnect", ko: "연결 끊기" },
	close: { en: "Close", ko: "닫기" },

	// Notices
	refusedPassword: {
		en: "The broker refused the user or the password. Enter them again.",
		ko: "브로커가 사용자 또는 비밀번호를 거부했습니다. 다시 입력하세요.",
	},
	refusedOther: {
		en: "This address does not work: {reason}",
		ko: "이 주소로 연결할 수 없습니다: {reason}",
	},
	unreachable: {
		en: "No connection to {url}. Is the broker running, and is this its websockets listener? Trying again.",
		ko: "{url}에 연결할 수 없습니다. 브로커가 실행 중이고 웹소켓 주소가 맞습니까? 다시 시도합니다.",
	},
	mixed: {
		en: "A page that came by https can only connect to wss:// addresses.",
		ko: "https로 열린 페이지는 wss:// 주소에만 연결할 수 있습니다.",
	},
	lost: {
		en: "The connection to the broker is lost. What is shown is from before. Trying again.",
		ko: "브로커와의 연결이 끊어졌습니다. 이전 값이 표시되어 있습니다. 다시 시도합니다.",
	},
	searching: {
		en: "Connected. No gateway has been found on this broker yet: waiting for one, or enter its topic.",
		ko: "연결되었습니다. 이 브로커에서 아직 게이트웨이를 찾지 못했습니다. 기다리거나 토픽을 입력하세요.",
	},
	nobodyThere: {
		en: "No gateway answers on the topic {root}. This broker knows: {known}.",
		ko: "토픽 {root}에서 응답하는 게이트웨이가 없습니다. 이 브로커에 있는 게이트웨이: {known}.",
	},
	nobodyAtAll: {
		en: "No gateway answers on the topic {root}, and this broker knows no other one. Is the topic right, and may this user read it?",
		ko: "토픽 {root}에서 응답하는 게이트웨이가 없고, 이 브로커에는 다른 게이트웨이도 없습니다. 토픽이 맞고, 이 사용자가 읽을 수 있습니까?",
	},
	gatewayOffline: {
		en: "The gateway is offline. What is shown is from before.",
		ko: "게이트웨이가 오프라인입니다. 이전 값이 표시되어 있습니다.",
	},
	silent: { en: "No reading since {time}.", ko: "{time} 이후 측정값이 없습니다." },
	clockUnset: {
		en: "The gateway's clock is not set yet. Times are those of this browser.",
		ko: "게이트웨이의 시계가 아직 설정되지 않았습니다. 시간은 이 브라우저 기준입니다.",
	},
	clockBehind: {
		en: "The gateway's clock is {age} behind this browser's. Times are shown by the browser's.",
		ko: "게이트웨이의 시계가 이 브라우저보다 {age} 늦습니다. 시간은 브라우저 기준입니다.",
	},
	clockAhead: {
		en: "The gateway's clock is {age} ahead of this browser's. Times are shown by the browser's.",
		ko: "게이트웨이의 시계가 이 브라우저보다 {age} 빠릅니다. 시간은 브라우저 기준입니다.",
	},
	conflict: {
		en: "Two gateways use the same topic: {reason}",
		ko: "두 게이트웨이가 같은 토픽을 씁니다: {reason}",
	},

	// Readings
	readings: { en: "Readings", ko: "측정값" },
	noReadings: { en: "No readings yet.", ko: "아직 측정값이 없습니다." },
	span: { en: "Time shown", ko: "표시 시간" },
	minutes: { en: "{n} min", ko: "{n}분" },
	hours: { en: "{n} h", ko: "{n}시간" },
	exportCsv: { en: "Export CSV", ko: "CSV로 내보내기" },
	exportReadings: { en: "Export CSV: readings", ko: "CSV로 내보내기: 측정값" },
	exportEvents: { en: "Export CSV: events", ko: "CSV로 내보내기: 이벤트" },
	exported: { en: "{n} rows exported.", ko: "{n}행을 내보냈습니다." },
	nothingToExport: {
		en: "There is nothing to export yet.",
		ko: "아직 내보낼 내용이 없습니다.",
	},
	csvTime: { en: "time", ko: "시간" },
	csvMs: { en: "ms since 1970", ko: "1970년 이후 ms" },
	csvInput: { en: "input", ko: "입력" },
	csvEvent: { en: "event", ko: "이벤트" },
	chartOf: {
		en: "{name}, last {span}: lowest {low}, highest {high}, now {now}",
		ko: "{name}, 최근 {span}: 최저 {low}, 최고 {high}, 현재 {now}",
	},
	chartEmpty: {
		en: "{name}: no values in the last {span}",
		ko: "{name}: 최근 {span} 동안 값 없음",
	},
	nullWhy: { en: "null: {reason}", ko: "null: {reason}" },
	nullSince: { en: "null since {time}: {reason}", ko: "{time}부터 null: {reason}" },
	nullUnknown: {
		en: "null: the gateway has not said why",
		ko: "null: 게이트웨이가 이유를 알리지 않음",
	},
	nullNotDue: {
		en: "null: not measured in this reading",
		ko: "null: 이번에는 측정하지 않음",
	},
	faultNoReason: { en: "it cannot be read", ko: "읽을 수 없음" },
	waitsForValue: { en: "waiting for a value", ko: "값을 기다리는 중" },

	// Ages
	justNow: { en: "just now", ko: "방금" },
	ago: { en: "{age} ago", ko: "{age} 전" },
	ageS: { en: "{n} s", ko: "{n}초" },
	ageMin: { en: "{n} min", ko: "{n}분" },
	ageH: { en: "{n} h", ko: "{n}시간" },
	ageD: { en: "{n} d", ko: "{n}일" },

	// Outputs
	outputs: { en: "Outputs", ko: "출력" },
	noOutputs: { en: "This gateway has no outputs.", ko: "이 게이트웨이에는 출력이 없습니다." },
	on: { en: "on", ko: "켜짐" },
	off: { en: "off", ko: "꺼짐" },
	keyOn: { en: "on", ko: "켜기" },
	keyHold: { en: "hold", ko: "유지" },
	keyDirection: { en: "direction", ko: "방향" },
	keyBright: { en: "brightness", ko: "밝기" },
	keySpeed: { en: "speed", ko: "속도" },
	keyAngle: { en: "angle", ko: "각도" },
	keyTone: { en: "tone (Hz)", ko: "음 높이 (Hz)" },
	keyColor: { en: "color", ko: "색" },
	timeFor: { en: "for", ko: "동작 시간" },
	timeFade: { en: "fade", ko: "전환 시간" },
	seconds: { en: "s", ko: "초" },
	notATime: {
		en: "Not sent: a time is a number of seconds, as 2 or 0.5.",
		ko: "보내지 않음: 시간은 2 또는 0.5처럼 초 단위의 수입니다.",
	},
	forward: { en: "Forward", ko: "정방향" },
	backward: { en: "Backward", ko: "역방향" },
	stopOne: { en: "Stop", ko: "정지" },
	open: { en: "Open", ko: "열기" },
	closeCover: { en: "Close", ko: "닫기" },
	set: { en: "Set", ko: "적용" },
	notConnected: {
		en: "Not sent: there is no connection.",
		ko: "보내지 않음: 연결이 없습니다.",
	},
	connectionLost: {
		en: "The connection was lost before the answer came.",
		ko: "응답이 오기 전에 연결이 끊어졌습니다.",
	},
	noAnswer: {
		en: "No answer from the gateway within 5 s.",
		ko: "5초 안에 게이트웨이의 응답이 없습니다.",
	},
	denied: {
		en: "The broker does not allow this user to do that.",
		ko: "브로커가 이 사용자에게 허용하지 않는 동작입니다.",
	},
	refusedAction: { en: "The gateway refused it.", ko: "게이트웨이가 거부했습니다." },
	failing: { en: "Failing: {reason}", ko: "고장: {reason}" },

	// The interval
	interval: { en: "Interval", ko: "측정 간격" },
	intervalMs: { en: "Milliseconds between readings", ko: "측정 간격 (밀리초)" },
	intervalRange: { en: "{min} to {max} ms", ko: "{min}~{max} ms 범위" },
	readNow: { en: "Read now", ko: "지금 측정" },

	// Inputs and events
	events: { en: "Events", ko: "이벤트" },
	noEvents: {
		en: "No events since the page was opened.",
		ko: "페이지를 연 뒤로 이벤트가 없습니다.",
	},
	lateEvent: { en: "sent later", ko: "나중에 전송됨" },
	clear: { en: "Clear", ko: "지우기" },

	// The raw action
	raw: { en: "Raw action", ko: "직접 명령" },
	rawLabel: { en: "Action as JSON", ko: "JSON 명령" },
	rawHint: { en: "Ctrl+Enter sends it", ko: "Ctrl+Enter로 전송" },
	send: { en: "Send", ko: "보내기" },
	answer: { en: "Answer", ko: "응답" },

	// The health
	health: { en: "Health", ko: "상태" },
	noHealth: {
		en: "The gateway has not sent its health yet.",
		ko: "게이트웨이가 아직 상태를 보내지 않았습니다.",
	},
	allWell: { en: "Everything works.", ko: "모두 정상입니다." },
	version: { en: "Version", ko: "버전" },
	board: { en: "Board", ko: "보드" },
	uptime: { en: "Running for", ko: "실행 시간" },
	memory: { en: "Memory", ko: "메모리" },
	itsBroker: { en: "Its broker", ko: "게이트웨이의 브로커" },
	reconnects: { en: "Reconnects", ko: "재연결" },
	waitingReadings: { en: "Waiting readings", ko: "대기 중인 측정값" },
	missed: { en: "Missed readings", ko: "놓친 측정" },
	refused: { en: "Refused actions", ko: "거부된 명령" },
	reduced: { en: "The broker lacks", ko: "브로커에 없는 기능" },
	disk: { en: "disk", ko: "디스크" },
	since: { en: "since {time}", ko: "{time}부터" },
} satisfies Record<string, Record<Language, string>>;

export type Key = keyof typeof TABLE;

let language: Language = "en";

function isLanguage(word: string): word is Language {
	return (LANGUAGES as readonly string[]).includes(word);
}

export function chooseLanguage(word: string): void {
	const usual = navigator.languages.map((name) => name.slice(0, 2)).find(isLanguage) ?? "en";
	language = isLanguage(word) ? word : usual;
	document.documentElement.lang = language;
}

chooseLanguage(settings.language);

export function currentLanguage(): Language {
	return language;
}

export function t(key: Key, words: Record<string, string | number> = {}): string {
	return TABLE[key][language].replace(/\{(\w+)\}/g, (whole, name: string) =>
		String(words[name] ?? whole),
	);
}

/** For the tests: whether each language has all. */
export const table: Record<string, Record<Language, string>> = TABLE;
