import Policy

/// Types and values as people say them.
struct ValueWords: Sendable {
    let names: DocumentNames
    private var language: ReadingLanguage { names.language }

    func type(_ type: DataType) -> String {
        switch type {
        case .bool: language.say("yes or no", "是或否")
        case .int(let range):
            language.say(
                "a whole number from \(number(range.lowerBound)) to \(number(range.upperBound))",
                "\(number(range.lowerBound))至\(number(range.upperBound))的整数")
        case .money: language.say("an amount of money", "一笔金额")
        case .string(let bytes):
            language.say("a text of at most \(bytes) bytes", "不超过\(bytes)字节的文字")
        case .choice(let words):
            language.say(
                "one of \(language.any(words.map(language.quoted)))",
                "\(language.any(words.map(language.quoted)))之一")
        case .timestamp: language.say("a point in time", "一个时刻")
        case .duration: language.say("a length of time", "一段时长")
        case .member: language.say("a member of the lab", "实验室的一名成员")
        case .dataset: language.say("a dataset of the lab", "实验室的一个数据集")
        case .model: language.say("a model of the lab", "实验室的一个模型")
        case .digest:
            language.say("the fingerprint (SHA-256) of a text or file", "文本或文件的指纹（SHA-256）")
        case .list(let element, let count):
            language.say(
                "a list of up to \(count) entries, each \(self.type(element))",
                "至多\(count)项的列表，每项为\(self.type(element))")
        case .map(let key, let value, let count):
            language.say(
                "a table of up to \(count) entries: for \(self.type(key)), \(self.type(value))",
                "至多\(count)项的对照表：\(self.type(key))对应\(self.type(value))")
        }
    }

    /// What a variable without an initial value begins with.
    func least(of type: DataType) -> String {
        switch type {
        case .timestamp: language.say("the time of the conclusion", "订立之时")
        case .list, .map, .string: language.say("empty", "空")
        default: type.least.map { value($0, as: type) } ?? language.say("nothing", "空")
        }
    }

    func number(_ value: Int64) -> String { ReadingLanguage.grouped(value) }

    func money(_ units: Int64) -> String {
        language.say("\(number(units)) minor units", "\(number(units))个最小货币单位")
    }

    func value(_ value: Value, as type: DataType? = nil) -> String {
        switch (type, value) {
        case (.money?, .int(let units)): money(units)
        case (_, .int(let units)): number(units)
        case (_, .bool(let flag)): yes(flag)
        case (_, .string(let text)): language.quoted(text)
        case (_, .timestamp(let instant)): time(instant)
        case (_, .duration(let span)): length(span)
        default: "`\(value.literal)`"
        }
    }

    func yes(_ flag: Bool) -> String {
        flag ? language.say("“yes”", "“是”") : language.say("“no”", "“否”")
    }

    /// 1 January 2027, 00:00 UTC
    func time(_ instant: Instant) -> String {
        let text = instant.rfc3339
        let date = text.prefix { $0 != "T" }.split(separator: "-").compactMap { Int($0) }
        guard date.count == 3, (1...12).contains(date[1]) else { return text }
        var clock = text.drop { $0 != "T" }.dropFirst().dropLast()
        if clock.hasSuffix(":00") { clock = clock.dropLast(3) }
        return language.say(
            "\(date[2]) \(Self.months[date[1] - 1]) \(date[0]), \(clock) UTC",
            "\(date[0])年\(date[1])月\(date[2])日\(clock)（UTC）")
    }

    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ]

    /// 30 days; 1 hour and 30 minutes.
    func length(_ span: TimeSpan) -> String {
        let nanoseconds = span.nanoseconds.magnitude
        let seconds = nanoseconds / 1_000_000_000
        guard nanoseconds % 1_000_000_000 == 0, seconds > 0 else {
            return seconds == 0 && nanoseconds == 0
                ? language.say("no time", "零") : language.say(span.secondsText, span.secondsText)
        }
        let parts: [(count: UInt64, english: String, chinese: String)] = [
            (seconds / 86_400, "day", "日"), (seconds / 3_600 % 24, "hour", "小时"),
            (seconds / 60 % 60, "minute", "分钟"), (seconds % 60, "second", "秒"),
        ]
        let texts = parts.filter { $0.count > 0 }.map { part in
            language.say(
                "\(part.count) \(part.english)\(part.count == 1 ? "" : "s")",
                "\(part.count)\(part.chinese)")
        }
        let length = language == .english ? language.all(texts) : texts.joined()
        return span.nanoseconds < 0 ? language.say("minus \(length)", "负\(length)") : length
    }
}
