import Crypto
import Encodings

/// SHA-256 in hexadecimal, for long contents that a test pins.
func sha256(_ bytes: [UInt8]) -> String {
    Hex.encode(SHA256.hash(data: bytes))
}
