"""The library tab."""
