"""A guest of one sector: it counts its boots on its disk, says so on its serial port, and waits for its power button.

It is machine code, made with Debian's `as` and `ld -Ttext 0x7c00 --oformat binary` out of this:

    .code16
    _start:  xorw %ax,%ax; movw %ax,%ds; movw %ax,%es; movw %ax,%ss; movw $0x7c00,%sp
             movb %dl,drive
             movb $0x42,%ah; call disk           # reads the sector of the count
             movb 0x8000,%al; testb %al,%al; jnz 1f; movb $'0',%al
    1:       incb %al; movb %al,0x8000
             movb $0x43,%ah; call disk           # writes it
             movw $message,%si; call print
             movw $0x8000,%si; movb $0,0x8001; call print
             movw $newline,%si; call print
             cmpb $1,mode; je off
             movw $0x602,%dx; movw $0x100,%ax; outw %ax,%dx   # PM1 of QEMU's pc: bit 8 is the power button
             sti
    wait:    hlt
             movw $0x600,%dx; inw %dx,%ax
             testb $1,%ah; jz wait
    off:     movw $0x604,%dx; movw $0x2000,%ax; outw %ax,%dx
             jmp wait
    disk:    movb $0,%al; movb drive,%dl; movw $packet,%si; int $0x13; ret
    print:   movw $0x3f8,%dx
    1:       lodsb; testb %al,%al; jz 2f; outb %al,%dx; jmp 1b
    2:       ret
    packet:  .byte 16,0; .word 1; .word 0x8000,0; .quad 2048
    newline: .asciz "\\r\\n"
    drive:   .byte 0
    .org 0x100
    mode:    .byte 0                             # 1: it powers off by itself
    message: .asciz "guest boot "
    .org 510; .word 0xaa55
"""
import disks

CODE = bytes.fromhex(
    "31c08ed88ec08ed0bc007c88168b7cb442e84c00a0008084c07502b030fec0a2"
    "0080b443e83900be017de83f00be0080c606018000e83400be887ce82e00803e"
    "007d017412ba0206b80001effbf4ba0006edf6c40174f6ba0406b80020efebed"
    "b0008a168b7cbe787ccd13c3baf803ac84c07403eeebf8c31000010000800000"
    "00080000000000000d0a"
)
MODE_OFFSET = 0x100
MESSAGE_OFFSET = 0x101
SECTOR_BYTES = 512
COUNT_BLOCK = 2048 * SECTOR_BYTES // disks.BLOCK_BYTES  # the block that each boot changes


def boot_sector(message="guest boot ", powers_off=False):
    sector = bytearray(SECTOR_BYTES)
    sector[: len(CODE)] = CODE
    sector[MODE_OFFSET] = powers_off
    text = message.encode() + b"\0"
    sector[MESSAGE_OFFSET : MESSAGE_OFFSET + len(text)] = text
    sector[510:] = b"\x55\xaa"
    return bytes(sector)


def blocks(message="guest boot ", powers_off=False, more=None):
    """A disk that boots it; `more`: further blocks."""
    return {0: boot_sector(message, powers_off).ljust(disks.BLOCK_BYTES, b"\0"), **(more or {})}
