import ArgumentParser
import Encodings

/// How a command that lists or shows something prints it.
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print JSON, for programs.")
    var json = false

    /// Prints one of the two.
    func print(_ value: JSONValue, _ text: @autoclosure () -> String) {
        Swift.print(json ? value.indentedText : text().visible)
    }
}
