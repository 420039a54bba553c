import Foundation

/// Prints a line at once, also into a pipe: for what people watch.
func say(_ line: String = "") {
    print(line)
    fflush(nil)
}
