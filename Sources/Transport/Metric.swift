/// One metric with its samples, as Prometheus reads it (text exposition format 0.0.4).
package struct Metric: Sendable {
    package enum Kind: String, Sendable {
        case counter
        case gauge
    }

    package struct Sample: Sendable {
        package let labels: KeyValuePairs<String, String>
        package let value: Double

        package init(_ value: some BinaryInteger, labels: KeyValuePairs<String, String> = [:]) {
            self.value = Double(value)
            self.labels = labels
        }

        package init(seconds value: Double, labels: KeyValuePairs<String, String> = [:]) {
            self.value = value
            self.labels = labels
        }
    }

    package let name: String
    package let kind: Kind
    package let help: String
    package let samples: [Sample]

    /// - Parameters:
    ///   - name: Ends with its unit; a counter's ends with `_total`.
    package init(_ name: String, _ kind: Kind, help: String, _ samples: [Sample]) {
        self.name = name
        self.kind = kind
        self.help = help
        self.samples = samples
    }

    package init(_ name: String, _ kind: Kind, help: String, _ value: some BinaryInteger) {
        self.init(name, kind, help: help, [Sample(value)])
    }

    package static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

    package static func page(_ metrics: [Metric]) -> String {
        metrics.map(\.text).joined()
    }

    private var text: String {
        var text = "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
        for sample in samples {
            let labels = sample.labels.map { "\($0.key)=\"\(Self.escaped($0.value))\"" }
            let number =
                sample.value == sample.value.rounded() && abs(sample.value) < 1e15
                ? "\(Int64(sample.value))" : "\(sample.value)"
            text +=
                name + (labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}") + " \(number)\n"
        }
        return text
    }

    private static func escaped(_ value: String) -> String {
        // By scalars: to a `String`, the line's end in "\r\n" is no "\n".
        var text = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
